import { once } from "node:events";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { ownLabels, remove } from "../broker/docker.ts";
import type { Docker } from "../broker/docker-image.ts";
import { root } from "../modules.ts";
import { plainLoader } from "./confinement.ts";
import type { Marker } from "./start-process.ts";

/** Nobody: where root grades, a submission need not be root too. */
const NOBODY = 65_534;

/**
 * A container for one submission: without network, without rights, with nothing to write to but its
 * own memory, and with limits on memory and processes.
 */
export async function startContainer(
  docker: Docker,
  image: string,
  folder: string,
): Promise<Marker> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ["node"],
    Cmd: [...plainLoader("/grade"), "workbook/grade/marker.ts"],
    WorkingDir: "/grade",
    User: `${process.getuid?.() || NOBODY}:${process.getgid?.() || NOBODY}`,
    Env: ["HOME=/tmp", "TMPDIR=/tmp", "NO_COLOR=1"],
    Labels: ownLabels,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    HostConfig: {
      // When we are gone, its standard input ends, so it ends, and so Docker removes it.
      AutoRemove: true,
      NetworkMode: "none",
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": "size=256m,mode=1777" },
      Binds: [
        `${folder}:/grade:ro`,
        `${realpathSync(join(root, "node_modules"))}:/grade/node_modules:ro`,
      ],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 4 * 2 ** 30,
      MemorySwap: 4 * 2 ** 30,
      PidsLimit: 512,
      // Else a submission that prints could fill the disk with Docker's log of it.
      LogConfig: { Type: "none", Config: {} },
    },
  });
  try {
    const stream = await container.attach({
      stream: true,
      hijack: true,
      stdin: true,
      stdout: true,
    });
    const output = new PassThrough();
    docker.modem.demuxStream(stream, output, new PassThrough().resume());
    const drained = Promise.race(["end", "close", "error"].map((event) => once(stream, event)))
      .catch(() => {})
      .then(() => output.end());
    const removed = container.wait({ condition: "removed" }).catch(() => {});
    await container.start();
    return {
      input: stream,
      output,
      ended: Promise.all([drained, removed]),
      kill: () => void remove(docker, container.id).catch(() => {}),
    };
  } catch (error) {
    await remove(docker, container.id);
    throw error;
  }
}
