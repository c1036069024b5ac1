// Columns of casual, mockjs and nav-faker, one JSON object a line: {source, language, kind, values}. Run by detection_unseen.py.
import { createRequire } from "node:module";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const require = createRequire(pathToFileURL(folder + "/"));

function emit(source, language, kind, make) {
  const values = [];
  for (let row = 0; row < 120; row++) {
    try {
      values.push(String(make()));
    } catch {
      return;
    }
  }
  if (!values.some((value) => value.includes("undefined"))) console.log(JSON.stringify({ source, language, kind, values }));
}

const casual = require("casual");
const providers = `${folder}/node_modules/casual/src/providers`;
const own = {
  person: { full: "full_name", first: "first_name", last: "last_name", phone: "phone", user: "username", company: "company_name" },
  address: { street: "address", "street.name": "street", city: "city", state: "state", zip: "zip", country: "country" },
  color: { "thing.color": "color_name" },
  text: { "thing.sentence": "sentence", "thing.word": "word" },
};
for (const locale of readdirSync(providers).filter((name) => /^[a-z]{2}_[A-Z]{2}$/.test(name))) {
  if (!casual[locale]) continue;
  casual[locale].seed(17);
  for (const [part, kinds] of Object.entries(own)) {
    const file = `${providers}/${locale}/${part}.js`;
    if (!existsSync(file)) continue;
    // What a language lacks is taken from English: telephones count only where it has formats of its own.
    const text = readFileSync(file, "utf8");
    for (const [kind, name] of Object.entries(kinds)) {
      const roots = { phone: "phone", user: "username", company: "compan", state: "state", country: "countr", zip: "zip" };
      if (!roots[kind] || text.includes(roots[kind])) emit("casual", locale, kind, () => casual[locale][name]);
    }
  }
}
casual.seed(18);
const english = {
  full: "full_name", first: "first_name", last: "last_name", phone: "phone", user: "username", email: "email", password: "password", company: "company_name", street: "address",
  "street.name": "street", city: "city", state: "state", zip: "zip", country: "country", ip4: "ip", card: "card_number", "thing.url": "url", "thing.domain": "domain", "thing.agent": "user_agent",
  "thing.title": "title", "thing.sentence": "sentence", "thing.word": "word", "thing.slogan": "catch_phrase", "thing.color": "color_name", "thing.hex": "rgb_hex", "thing.timezone": "timezone",
  "thing.currency": "currency_code", "thing.language": "language_code", "thing.mime": "mime_type", "thing.extension": "file_extension", "thing.uuid": "uuid", "thing.unix": "unix_time",
  "thing.animal": "animal", latitude: "latitude", longitude: "longitude",
};
for (const [kind, name] of Object.entries(english)) emit("casual", "en", kind, () => casual[name]);

const chosen = { value: 17 };
Math.random = () => {
  chosen.value = (chosen.value * 48271) % 2147483647;
  return chosen.value / 2147483647;
};
const { Random } = require("mockjs");
const chinese = {
  full: "cname", last: "cfirst", first: "clast", "ssn.id": "id", state: "province", city: "city", county: "county", zip: "zip", "thing.region": "region", "thing.title": "ctitle", "thing.word": "cword",
  "thing.sentence": "csentence", "thing.guid": "guid", "thing.hex": "color", "thing.moment": "datetime", "thing.url": "url",
};
for (const [kind, name] of Object.entries(chinese)) emit("mockjs", "zh", kind, () => Random[name]());
const plain = { full: "name", first: "first", last: "last", email: "email", ip4: "ip", "thing.title": "title", "thing.word": "word", "thing.domain": "domain", "thing.natural": "natural" };
for (const [kind, name] of Object.entries(plain)) emit("mockjs", "en", kind, () => Random[name]());

const norwegian = require("nav-faker").default ?? require("nav-faker");
emit("nav-faker", "no", "first", () => norwegian.navn.fornavn());
emit("nav-faker", "no", "ssn.fnr", () => norwegian.personIdentifikator.myndigFødselsnummer());
emit("nav-faker", "no", "ssn.dnr", () => norwegian.personIdentifikator.dnummer());
emit("nav-faker", "no", "mobile", () => norwegian.telefon.mobil());
emit("nav-faker", "no", "phone", () => norwegian.telefon.jobb());
emit("nav-faker", "no", "thing.benefit", () => norwegian.nav.ytelse());
