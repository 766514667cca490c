/**
 * How a broker that keeps strangers out refuses, what it means, and what helps: the table of lab 7. Rows
 * have the shape of the workbook's table of troubles.
 */
export const refusals = {
  tlsClientCertificate: {
    symptom: "TLS alert: certificate required",
    cause: "the listener wants a certificate of the client's, and none was shown",
    next: "cert and key in connect's options",
  },
  tlsClientUnknownAuthority: {
    symptom: "TLS alert: unknown ca",
    cause: "the client's certificate was signed by an authority that the broker does not trust",
    next: "have it signed by that authority, or correct cafile in mosquitto.conf",
  },
  tlsClientExpired: {
    symptom: "TLS alert: certificate expired",
    cause: "the client's certificate is no longer good, or the broker's clock is wrong",
    next: "issue a new one; look at the clock with: date",
  },
  tlsUnknownIssuer: {
    symptom: "SELF_SIGNED_CERT_IN_CHAIN, or unable to verify the first certificate",
    cause: "the client does not know the authority that signed the broker's certificate",
    next: "ca in connect's options; never rejectUnauthorized: false",
  },
  tlsNameMismatch: {
    symptom: "ERR_TLS_CERT_ALTNAME_INVALID",
    cause:
      "the certificate is for another host than the one in the address: another machine, or another name for it",
    next: "call the host by a name in its certificate, or issue one with this name",
  },
  tlsExpired: {
    symptom: "CERT_HAS_EXPIRED",
    cause: "the broker's certificate is no longer good, or the client's clock is wrong",
    next: "issue a new one for the broker; look at the clock with: date",
  },
  plainToTlsPort: {
    symptom: "ECONNRESET, or the line is closed, before any CONNACK",
    cause: "plain MQTT to a port that wants TLS; or the handshake failed and the alert was lost",
    next: "mqtts:// in the address; then look at the broker's log",
  },
  connectionLimit: {
    symptom: "the line is closed at once, also for good clients",
    cause: "max_connections is reached, perhaps by connections that say nothing",
    next: "look at $SYS/broker/clients/connected and the log; a listener of its own for each kind of client",
  },
  refusedNotAuthorized: {
    symptom: "CONNACK 135 Not authorized",
    cause: "no user name, one that is not in the password file, or a wrong password",
    next: "username and password in connect's options; reload the broker after a change: SIGHUP",
  },
  publishRefused: {
    symptom: "PUBACK 135 Not authorized; in MQTT 3.1.1 a good PUBACK, and nobody receives it",
    cause: "no access rule lets this user write to this topic",
    next: "protocolVersion: 5 to be told; a line topic write for this user",
  },
  silentSubscription: {
    symptom: "SUBACK granted, and nothing comes",
    cause:
      "no access rule lets this user read it; with acl_file Mosquitto grants every subscription",
    next: "a line topic read for this user; the dynamic security plugin says it in the SUBACK",
  },
  subscriptionRefused: {
    symptom: "SUBACK 135 Not authorized",
    cause: "dynamic security: no role of this user has subscribePattern for this filter",
    next: "add the rule, or ask for less: one filter per tenant",
  },
  retainedKept: {
    symptom: "a reading comes at once, and is not from its device",
    cause: "somebody who may write to the topic left a retained message there",
    next: "narrow the rules, then clear it: publish an empty retained message",
  },
  sessionTaken: {
    symptom: "DISCONNECT 142, or the line is closed, again and again",
    cause: "two clients have one client id; where it is tied to the user, one user twice",
    next: "a user or certificate for each client; use_username_as_clientid against thieves",
  },
  packetTooLarge: {
    symptom: "DISCONNECT 149 Packet too large, and it comes again after each reconnect",
    cause: "a packet over max_packet_size; the library keeps a QoS 1 message and sends it again",
    next: "smaller payloads; read maximumPacketSize in the CONNACK before you send",
  },
  unreadableFile: {
    symptom: "Mosquitto: Unable to open pwfile, or Unable to load server key file",
    cause: "Mosquitto started by root becomes user mosquitto first, and this user may not read it",
    next: "chown mosquitto and chmod 600 for the file, chmod 700 for its folder",
  },
} as const;
