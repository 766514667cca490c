import "reflect-metadata";
import { KeyObject, randomBytes, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** A certificate and the private key that belongs to it, both as PEM text. */
export interface Credentials {
  readonly certificate: string;
  /** Whoever has it is whom the certificate names: it stays with its owner. */
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Subject {
  /** The common name (CN): who this is. */
  readonly name: string;
  /** For a server: the host names and addresses under which clients may meet it. */
  readonly hosts?: readonly string[];
  /** From when to when it is good; a year from yesterday on where it does not say. */
  readonly from?: Date;
  readonly until?: Date;
}

/** Somebody whose word is taken for who others are. */
export interface Authority extends Credentials {
  readonly name: string;
  /** Make a key pair, and a certificate for it: a server's if the subject has hosts, else a client's. */
  issue(subject: Subject): Promise<Credentials>;
}

const day = 24 * 60 * 60 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Make a certificate authority of our own, with a key that nobody else has. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...common({ name }),
    keys,
    extensions: [
      // It may vouch for others, and none of these may do so in turn.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return authority(certificate, keys.privateKey);
}

/** The authority whose certificate and key these are: to issue more in its name. */
export async function openAuthority({ certificate, key }: Credentials): Promise<Authority> {
  const der = x509.PemConverter.decodeFirst(key);
  const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  return authority(new x509.X509Certificate(certificate), privateKey);
}

function authority(certificate: x509.X509Certificate, signingKey: webcrypto.CryptoKey): Authority {
  return {
    name: certificate.subjectName.getField("CN").join(),
    certificate: pem(certificate),
    key: keyAsPem(signingKey),
    issue: async (subject) => {
      const keys = await newKeys();
      const hosts = subject.hosts ?? [];
      const purpose =
        hosts.length > 0 ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
      const issued = await x509.X509CertificateGenerator.create({
        ...common(subject),
        issuer: certificate.subjectName,
        publicKey: keys.publicKey,
        signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([purpose]),
          await x509.AuthorityKeyIdentifierExtension.create(certificate),
          ...(hosts.length > 0 ? [alternativeNames(hosts)] : []),
        ],
      });
      return { certificate: pem(issued), key: keyAsPem(keys.privateKey) };
    },
  };
}

function common({ name, from, until }: Subject) {
  const notBefore = from ?? new Date(Date.now() - day);
  // Not as text, in which a comma would end the name.
  const subject = new x509.Name([{ CN: [name] }]);
  return {
    serialNumber: randomBytes(8).toString("hex"),
    notBefore,
    notAfter: until ?? new Date(notBefore.getTime() + 366 * day),
    signingAlgorithm: algorithm,
    subject,
    name: subject,
  };
}

function alternativeNames(hosts: readonly string[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension(
    hosts.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value })),
  );
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

function keyAsPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}
