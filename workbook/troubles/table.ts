/** What goes wrong between a program, a broker and a machine: one table for all who have to explain it. */

/**
 * One kind of trouble. `{name}` stands for what differs from case to case. Parts of sentences, without a
 * full stop: some are shown in a line of their own, some behind what was being tried.
 */
export interface Trouble {
  /** What one sees: the library's or the system's error, or what happens. */
  readonly symptom: string;
  /** Why, for somebody who knows TypeScript and no MQTT. */
  readonly cause: string;
  /** What to type or change. */
  readonly next: string;
}

const startDocker = "start Docker: sudo systemctl start docker, or open Docker Desktop";

/** Every trouble that the workbook can tell, in the order of the page that is made of it. */
export const troubles = {
  // Reaching a broker
  connectionRefused: {
    symptom: "connect ECONNREFUSED {address}",
    cause: "nothing listens at {address}: no broker runs there, or it uses another port",
    next: "correct the address (in an exercise it is the brokerUrl that you are given), or start a broker: docker compose up -d",
  },
  hostUnknown: {
    symptom: "getaddrinfo ENOTFOUND {host}",
    cause: "no machine is known by the name {host}",
    next: "correct the name in the address; the workbook's own brokers are all at 127.0.0.1",
  },
  unreachable: {
    symptom: "connect ETIMEDOUT {address}, or no answer to the connection",
    cause:
      "nothing at {address} answers, not even with a refusal: the machine is off, the address is wrong, or a firewall swallows the connection",
    next: "correct the address, or try another network",
  },
  connectionLost: {
    symptom: "read ECONNRESET",
    cause:
      "the other side broke the connection off: the broker ended, or only one of the two speaks TLS, or it is no broker's port",
    next: "npm run doctor; check the port, and mqtt:// against mqtts://",
  },
  noConnack: {
    symptom: "connack timeout",
    cause:
      "whoever took the connection did not answer the CONNECT, with which every client begins: it is no MQTT broker, or it hangs",
    next: "check host and port of the address; a broker's port is usually 1883, or 8883 with TLS",
  },
  closedOnConnect: {
    symptom: "the line is closed right after the CONNECT",
    cause:
      "what listens there does not want this CONNECT and does not say why: it is no MQTT broker, or it does not know this version of MQTT",
    next: "check host and port of the address; a broker's port is usually 1883, or 8883 with TLS",
  },
  notMqtt: {
    symptom: "the answer to a CONNECT is not MQTT",
    cause: "another kind of server listens there, such as a web server",
    next: "check host and port of the address; a broker's port is usually 1883, or 8883 with TLS",
  },
  portTaken: {
    symptom: "listen EADDRINUSE: address already in use {address}",
    cause: "another program already listens there, and only one can",
    next: "take another port (npm run tap -- --listen 0 takes a free one), or end the other program: lsof -i :{port} names it",
  },

  // TLS
  tlsSelfSigned: {
    symptom: "self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)",
    cause:
      "the broker's certificate was made by the broker itself, so it proves nothing to a machine that has not been told to trust it",
    next: "get the certificate from whoever runs the broker, then set NODE_EXTRA_CA_CERTS=path/to/it.pem and run this again",
  },
  tlsUnknownIssuer: {
    symptom: "unable to verify the first certificate, or self-signed certificate in chain",
    cause: "the broker's certificate was signed by an authority that this machine does not know",
    next: "get that authority's certificate from whoever runs the broker, then set NODE_EXTRA_CA_CERTS=path/to/it.pem or pass it as ca in connect's options; never rejectUnauthorized: false",
  },
  tlsExpired: {
    symptom: "certificate has expired (CERT_HAS_EXPIRED)",
    cause: "the broker's certificate is no longer valid, or this machine's clock is wrong",
    next: "look at the clock with: date; if it is right, the broker needs a new certificate",
  },
  tlsNotYetValid: {
    symptom: "certificate is not yet valid (CERT_NOT_YET_VALID)",
    cause: "the broker's certificate begins in the future; most often this machine's clock is slow",
    next: "look at the clock with: date, and set it",
  },
  tlsNameMismatch: {
    symptom: "ERR_TLS_CERT_ALTNAME_INVALID",
    cause:
      "the certificate is for {names}, and the address says {host}: this may be another machine than you mean",
    next: "write the address with a name from the certificate, or issue one with this name",
  },
  tlsClientCertificate: {
    symptom: "TLS alert: certificate required",
    cause: "this broker wants to see a certificate of the client's too, and none was shown",
    next: "pass key and cert in connect's options; the workbook's own commands need another broker",
  },
  tlsClientUnknownAuthority: {
    symptom: "TLS alert: unknown ca",
    cause: "the client's certificate was signed by an authority that the broker does not trust",
    next: "have it signed by the broker's authority, or correct cafile in mosquitto.conf",
  },
  tlsClientExpired: {
    symptom: "TLS alert: certificate expired",
    cause: "the client's certificate is no longer valid, or the broker's clock is wrong",
    next: "look at the broker's clock with: date; if it is right, issue a new certificate",
  },
  tlsToPlainPort: {
    symptom: "wrong version number (ERR_SSL_WRONG_VERSION_NUMBER), with mqtts://",
    cause: "the address begins with mqtts://, which is TLS, and this port speaks plain MQTT",
    next: "begin the address with mqtt://, or take the broker's TLS port, usually 8883",
  },
  plainToTlsPort: {
    symptom: "the line is closed right after the CONNECT, with mqtt://",
    cause: "the address begins with mqtt://, which is not encrypted, and this port wants TLS",
    next: "begin the address with mqtts://, or take the broker's plain port, usually 1883",
  },
  tlsFailed: {
    symptom: "another error of TLS",
    cause: "the two sides did not agree on an encrypted connection, or the certificate is faulty",
    next: "check the port, and mqtt:// against mqtts://; ask whoever runs the broker",
  },

  // The broker's refusal, in the CONNACK
  refusedVersion: {
    symptom: "CONNACK 1 or 132: Unsupported Protocol Version",
    cause: "the broker does not speak the version of MQTT that the client asked for",
    next: "ask for another one in connect's options: protocolVersion: 5, or 4 for MQTT 3.1.1",
  },
  refusedClientId: {
    symptom: "CONNACK 2 or 133: Client Identifier not valid",
    cause: "the broker does not accept this client id: it is empty, too long, or not this user's",
    next: "choose another clientId in connect's options; up to 23 letters and digits are always accepted, WORKBOOK_PREFIX included",
  },
  refusedLogin: {
    symptom: "CONNACK 4 or 134: Bad User Name or Password",
    cause: "the user name or the password is wrong, or is missing",
    next: "put both into the address: mqtt://user:password@host:port",
  },
  refusedNotAuthorized: {
    symptom: "CONNACK 5 or 135: Not authorized",
    cause:
      "the broker does not let this client in: it wants a user name, another one, or another password",
    next: "put user name and password into the address: mqtt://user:password@host:port; the broker reads a changed password file at SIGHUP",
  },
  refusedUnavailable: {
    symptom: "CONNACK 3 or 136: Server unavailable",
    cause: "the broker is there and cannot work at the moment",
    next: "wait a minute and run this again; if it stays, ask whoever runs the broker",
  },
  refusedBusy: {
    symptom: "CONNACK 137: Server busy",
    cause: "the broker has too much to do to take one more client",
    next: "wait a minute and run this again",
  },
  refusedBanned: {
    symptom: "CONNACK 138: Banned",
    cause: "whoever runs the broker has shut out this client, its user or its address",
    next: "ask whoever runs the broker",
  },
  refusedAuthMethod: {
    symptom: "CONNACK 140: Bad authentication method",
    cause: "the broker does not know the way in which the client wanted to prove who it is",
    next: "leave authenticationMethod out of connect's options, or correct it",
  },
  refusedWill: {
    symptom: "CONNACK 144, 153, 154 or 155, about the will",
    cause:
      "the broker does not accept the client's will, the message that it would publish if the client vanished: its topic, payload, retain or QoS",
    next: "correct the will in connect's options: a topic without + and #, and retain and QoS that the broker offers",
  },
  refusedQuota: {
    symptom: "CONNACK 151: Quota exceeded",
    cause: "the broker allows so many clients or so much data, and that is used up",
    next: "end clients that you no longer need, or ask whoever runs the broker",
  },
  refusedMoved: {
    symptom: "CONNACK 156 or 157: Use another server, Server moved",
    cause: "this broker sends its clients to another one",
    next: "ask whoever runs the broker for the address of the other one, and connect to that",
  },
  refusedRate: {
    symptom: "CONNACK 159: Connection rate exceeded",
    cause: "too many connections in a short time; often one client that connects again and again",
    next: "look for a client that reconnects without end, wait a minute, and run this again",
  },
  connectionLimit: {
    symptom: "the line is closed before any CONNACK, for good clients too",
    cause: "max_connections is reached, perhaps by connections that say nothing",
    next: "look at $SYS/broker/clients/connected and the broker's log; give each kind of client a listener of its own",
  },
  refusedMalformed: {
    symptom: "CONNACK 128 to 131, or 149: the CONNECT itself is not accepted",
    cause:
      "the broker could not read the client's CONNECT, or would not: its options are the reason",
    next: "leave out of connect's options all but the address, clientId and protocolVersion, then add them one by one",
  },

  // What the wire shows
  clientIdClash: {
    symptom: "connections under one client id end again and again",
    cause:
      "two clients use the client id {client}. A broker allows one connection for each id and ends the older one [MQTT-3.1.4-3]; if both connect again by themselves, they throw each other out for ever",
    next: "give each client an id of its own, and end other programs that use this one: another terminal, perhaps",
  },
  keepAliveTimeout: {
    symptom: "Keepalive timeout, or DISCONNECT 141",
    cause:
      "nothing came from one side for longer than the two had agreed on, so the other took the line for dead [MQTT-3.1.2-22]: the network is gone, or a loop without a pause keeps the program from answering",
    next: "look for long work between the awaits; or choose a longer keepalive in connect's options, in seconds",
  },
  packetTooLarge: {
    symptom: "DISCONNECT 149, or exceeding packets size",
    cause:
      "a packet was larger than its receiver takes; a broker says its limit in the CONNACK [MQTT-3.2.2-15], a client in its CONNECT",
    next: "send smaller payloads, or raise the limit: maximumPacketSize in the client's properties, max_packet_size in mosquitto.conf",
  },
  disconnected: {
    symptom: "DISCONNECT from the broker: {reason}",
    cause: "the broker ended the connection of {client} and said why: {reason}",
    next: "look at the packet that {client} sent last: the broker did not accept it",
  },
  closedByBroker: {
    symptom: "the broker closes the line and does not say why",
    cause:
      "the broker did not accept what {client} sent last, or it ended; with MQTT 3.1.1 it has no way to say why",
    next: "look at that packet: its topic, its size; with protocolVersion: 5 the broker can say why",
  },
  subscriptionRefused: {
    symptom: "SUBACK 128 or above, or Subscribe error",
    cause: "the broker did not grant the subscription ({reason}), so nothing will come",
    next: "correct the filter, or ask for rights to it; a shared subscription needs a broker that has them",
  },
  publishRefused: {
    symptom: "PUBACK or PUBREC 128 or above, or Publish error",
    cause:
      "the broker did not take the message ({reason}); in MQTT 3.1.1 it cannot say so, and the PUBACK looks good",
    next: "correct the topic, or ask for the right to publish on it",
  },
  silentSubscription: {
    symptom: "SUBACK granted, and nothing comes",
    cause:
      "nobody publishes there, or no access rule lets this user read it: with acl_file Mosquitto grants every subscription",
    next: "publish there as a user who may; in the acl_file: topic read, for this user; the dynamic security plugin refuses in the SUBACK",
  },
  retainedKept: {
    symptom: "a message comes at once, and is not from its device",
    cause: "somebody who may write to the topic left a retained message there",
    next: "narrow the access rules, then clear it: publish an empty retained message",
  },
  payloadNotJson: {
    symptom: "SyntaxError: … is not valid JSON",
    cause:
      "a payload is bytes, and anybody may publish anything: JSON.parse got something that is no JSON, and its error went out of the function",
    next: "catch the error where you parse the payload, say which topic it came from, and skip the message",
  },

  // A program that goes nowhere
  neverConnected: {
    symptom: "the program waits, and no packet was sent",
    cause: "no client has connected to the brokerUrl that main was given, so nothing can come",
    next: "look for a promise that is awaited before connect is called, or for another address in connect",
  },
  unanswered: {
    symptom: "the program waits, and a packet has no answer",
    cause:
      "{client} sent {packet} and got no answer. Nothing is sent again while the line is up: only a client that has to connect again does that",
    next: "look whether a fault took the answer away; if so, cut the line, or release what is held",
  },
  noSubscribe: {
    symptom: "the program waits, and there was no SUBSCRIBE",
    cause:
      "no client has subscribed. A broker sends messages only to those who asked for them with SUBSCRIBE",
    next: "await client.subscribeAsync(filter) before anything is published",
  },
  subscribeAfterPublish: {
    symptom: "the program waits, and SUBSCRIBE came after PUBLISH",
    cause:
      "the message on {topic} was published before {client} subscribed. A broker passes it to who is subscribed at that moment, and keeps nothing for later",
    next: "subscribe first, await subscribeAsync, then publish; or publish with retain: true",
  },
  noMatch: {
    symptom: "the program waits, and no filter matches the topic",
    cause: "no subscription matches the topic {topic}: the filters are {filters}",
    next: "compare topic and filters level by level; prefixed(...) must be around both or neither",
  },
  noPublish: {
    symptom: "the program waits, and there was no PUBLISH",
    cause: "there is a subscription to {filters}, and nobody has published anything",
    next: "look for the publish that should have happened, and for a promise awaited before it",
  },
  unfinishedPromise: {
    symptom: "the program, or a function, waits for ever",
    cause:
      "something is awaited that never happens: a promise in it never settles; often one that waits for a packet that does not come",
    next: "look for the await that the program has reached: a promise made with new Promise needs its resolve called, on every way",
  },
  clientEnded: {
    symptom: "client disconnecting, write after end, or null has no 'set'",
    cause:
      "the client was ended, and something still uses it: end closes it for good, whatever else it was doing",
    next: "await all that the client has to do, then await client.endAsync()",
  },
  processExit: {
    symptom: "the process ends in the middle",
    cause: "process.exit ends everything at once: what calls your function loses all it was doing",
    next: "return, or throw an error, instead of calling process.exit",
  },

  // The workbook's own broker
  brokerGone: {
    symptom: "the broker does not answer the check itself ({error})",
    cause: "it ended, or the machine is too busy for it",
    next: "run the check again; if it stays, npm run doctor",
  },
  mosquittoFails: {
    symptom: "{program} did not start",
    cause: "{error}",
    next: "WORKBOOK_BROKER=embedded takes the broker that the workbook brings along",
  },
  unreadableFile: {
    symptom: "Mosquitto: Unable to open pwfile, or Unable to load server key file",
    cause:
      "the file is not there, or Mosquitto may not read it: started by root it becomes user mosquitto first",
    next: "chown mosquitto and chmod 600 for the file, chmod 700 for its folder",
  },

  // Docker
  dockerMissing: {
    symptom: "there is no Docker socket at /var/run/docker.sock or in your home",
    cause: "Docker is not installed, or is not running",
    next: "install Docker, or start it: sudo systemctl start docker, or open Docker Desktop; if `docker info` works, set DOCKER_HOST to the address it uses",
  },
  dockerSocketMissing: {
    symptom: "there is no Docker socket at {where}",
    cause: "Docker is not running, or listens elsewhere",
    next: startDocker,
  },
  dockerNotListening: {
    symptom: "no Docker is listening at {where}",
    cause: "Docker has ended and left its socket behind, or the address is wrong",
    next: startDocker,
  },
  dockerForbidden: {
    symptom: "you are not allowed to use the Docker socket {where}",
    cause: "only root and the group docker may talk to Docker, and you are in neither",
    next: "sudo usermod -aG docker $USER, then log out and in again",
  },
  dockerHangs: {
    symptom: "Docker at {where} accepts the connection but has not answered within 3 s",
    cause: "the Docker daemon hangs, or is still starting",
    next: "restart Docker: sudo systemctl restart docker, or restart Docker Desktop",
  },
  dockerStranger: {
    symptom: "what answers at {where} is not Docker (HTTP {status})",
    cause: "another program listens there",
    next: startDocker,
  },
  dockerUnreachable: {
    symptom: "Docker at {where} cannot be reached",
    cause: "{error}",
    next: startDocker,
  },
  dockerHostInvalid: {
    symptom: "that is not an address like unix:///var/run/docker.sock or tcp://127.0.0.1:2375",
    cause: "DOCKER_HOST is set to something else than the address of a Docker daemon",
    next: "correct DOCKER_HOST, or unset it",
  },
  dockerElsewhere: {
    symptom: "the broker that Docker started cannot be reached",
    cause: "Docker runs elsewhere, and publishes the broker on its own loopback only",
    next: "unset DOCKER_HOST, or run a broker yourself and set MQTT_URL to its address",
  },
  dockerNoImage: {
    symptom: "Docker cannot pull {image}",
    cause: "{error}; it is not on this machine and has to be fetched, this once",
    next: "mosquitto/build-local-image.sh builds one on Debian; or set MOSQUITTO_IMAGE to one you have",
  },
} as const satisfies Record<string, Trouble>;

export type TroubleName = keyof typeof troubles;
