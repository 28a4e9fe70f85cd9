// age as typage (npm age-encryption) does it, standard input to standard output:
//   node age.mjs encrypt RECIPIENT…   |   node age.mjs decrypt IDENTITY   |   node age.mjs keygen x25519|hybrid
import { Decrypter, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from "age-encryption";
import { readFileSync, writeSync } from "node:fs";

function writeAll(data) {
  for (let at = 0; at < data.length; ) at += writeSync(1, data, at);
}

const commands = {
  async encrypt(...recipients) {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return encrypter.encrypt(new Uint8Array(readFileSync(0)));
  },
  async decrypt(identity) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return decrypter.decrypt(new Uint8Array(readFileSync(0)));
  },
  async keygen(kind) {
    const identity = await (kind === "hybrid" ? generateHybridIdentity() : generateX25519Identity());
    return new TextEncoder().encode(`${identity}\n${await identityToRecipient(identity)}\n`);
  },
};

const [command, ...args] = process.argv.slice(2);
writeAll(await commands[command](...args));
