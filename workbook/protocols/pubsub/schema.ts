import protobuf from "protobufjs";

/**
 * What a publisher uses of `google.pubsub.v1`: the fields by their numbers, which is all that stands on
 * the wire. The official client is 62 MB, and its messages are the same.
 */
const schema = `
  syntax = "proto3";
  package google.pubsub.v1;
  message PubsubMessage {
    bytes data = 1;
    map<string, string> attributes = 2;
    string ordering_key = 5;
  }
  message PublishRequest {
    string topic = 1;
    repeated PubsubMessage messages = 2;
  }
  message PublishResponse {
    repeated string message_ids = 1;
  }
  message Topic {
    string name = 1;
  }
`;

const { root } = protobuf.parse(schema, { keepCase: true });

/** A type of the schema, to and from bytes. */
function codec(name: string) {
  const type = root.lookupType(`google.pubsub.v1.${name}`);
  return {
    encode: (fields: object): Buffer => Buffer.from(type.encode(type.create(fields)).finish()),
    decode: (bytes: Buffer): object => type.decode(bytes).toJSON(),
  };
}

export const publishRequest = codec("PublishRequest");
export const publishResponse = codec("PublishResponse");
export const topic = codec("Topic");

function method(path: string, request: ReturnType<typeof codec>, response: typeof request) {
  return {
    path: `/google.pubsub.v1.Publisher/${path}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  } as const;
}

/** The two calls of the service `Publisher` that we make, as grpc-js wants to have them described. */
export const publisher = {
  Publish: method("Publish", publishRequest, publishResponse),
  CreateTopic: method("CreateTopic", topic, topic),
};
