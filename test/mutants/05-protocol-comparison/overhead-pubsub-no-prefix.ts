// Kills: analyzeOverhead: Pub/Sub: gives the bytes that the client sends
// gRPC puts five bytes before its message.
import { changeSize } from "../change-size.ts";

export * from "../../../solutions/05-protocol-comparison.ts";

export const analyzeOverhead = changeSize("pubsub", (_batch, size) => size - 5);
