// Shamir's scheme as the npm package shamir-secret-sharing does it; shares and secrets in hex, one a line:
//   node shamir.mjs split SHARES THRESHOLD SECRET   |   node shamir.mjs combine SHARE…
import { combine, split } from "shamir-secret-sharing";

const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");

const commands = {
  async split(shares, threshold, secret) {
    return (await split(bytes(secret), Number(shares), Number(threshold))).map(hex);
  },
  async combine(...shares) {
    return [hex(await combine(shares.map(bytes)))];
  },
};

const [command, ...args] = process.argv.slice(2);
console.log((await commands[command](...args)).join("\n"));
