import { delivery } from "./behaviours/delivery.ts";
import { properties } from "./behaviours/properties.ts";
import { retained } from "./behaviours/retained.ts";
import { sessions } from "./behaviours/sessions.ts";
import { shared } from "./behaviours/shared.ts";
import { wills } from "./behaviours/wills.ts";
import type { Behaviour } from "./lab.ts";

/** What the workbook's lessons and checks rely on, one entry for each thing a client can see. */
export const behaviours: readonly Behaviour[] = [
  ...delivery,
  ...retained,
  ...wills,
  ...sessions,
  ...shared,
  ...properties,
];
