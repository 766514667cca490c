/** The customers of lab 7 on their broker, with what belongs to them. */
export const tenants = [
  { name: "north", devices: ["sensor_1", "sensor_2"], dashboards: ["dashboard"] },
  { name: "south", devices: ["meter_1"], dashboards: ["office"] },
] as const;

/** All who get a certificate. */
export const clients = tenants.flatMap(({ devices, dashboards }) => [...devices, ...dashboards]);
