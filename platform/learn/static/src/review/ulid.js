// A ULID: 48 bits of milliseconds, 80 of chance, in Crockford's base 32. It names an answer before
// anyone has heard of it, so that hearing of it twice is hearing of it once.

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function newId(now = Date.now()) {
  let time = "";
  for (let rest = now, place = 0; place < 10; place++, rest = Math.floor(rest / 32)) time = DIGITS[rest % 32] + time;
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(chance, (byte) => DIGITS[byte % 32]).join("");
}
