// Columns of npm's generators, one JSON object a line: {source, language, kind, values}. Run by detection_heldout.py.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const ROWS = 120;

function emit(source, language, kind, make) {
  const values = [];
  for (let row = 0; row < ROWS; row++) {
    let value;
    try {
      value = make();
    } catch {
      return;
    }
    if (value === undefined || value === null) return;
    values.push(value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : value);
  }
  console.log(JSON.stringify({ source, language, kind, values }));
}

function all(source, language, makers) {
  for (const [kind, make] of Object.entries(makers)) emit(source, language, kind, make);
}

const { allFakers, allLocales } = require("@faker-js/faker");
for (const [locale, f] of Object.entries(allFakers)) {
  if (["base", "en_AU_ocker", "en_BORK", "cy", "dv", "eo", "ku_kmr_latin"].includes(locale)) continue;
  f.seed(11);
  // What a language lacks, the generator takes from English: only its own entries count.
  const has = (module, entry) => allLocales[locale][module]?.[entry] != null;
  if (has("person", "last_name") && has("person", "first_name")) {
    all("faker-js", locale, {
      full: () => f.person.fullName(),
      first: () => f.person.firstName(),
      last: () => f.person.lastName(),
    });
  }
  if (allLocales[locale].phone_number) all("faker-js", locale, { phone: () => f.phone.number({ style: "human" }), "phone.national": () => f.phone.number({ style: "national" }) });
  if (has("location", "street_pattern") || has("location", "street_name")) {
    all("faker-js", locale, {
      street: () => f.location.streetAddress(),
      address: () => `${f.location.streetAddress()}, ${f.location.zipCode()} ${f.location.city()}`,
    });
  }
  if (has("location", "city_name") || has("location", "city_pattern")) all("faker-js", locale, { city: () => f.location.city() });
  if (has("location", "state")) all("faker-js", locale, { state: () => f.location.state() });
  if (has("location", "country")) all("faker-js", locale, { country: () => f.location.country() });
  if (has("location", "street_name") || has("location", "street_pattern")) all("faker-js", locale, { "street.name": () => f.location.street() });
  if (has("person", "sex")) all("faker-js", locale, { sex: () => f.person.sex() });
  if (has("person", "job_title") || has("person", "job_type")) all("faker-js", locale, { job: () => f.person.jobTitle() });
  if (has("company", "name_pattern") || has("company", "legal_entity_type")) all("faker-js", locale, { company: () => f.company.name() });
  if (has("commerce", "product_name")) all("faker-js", locale, { product: () => f.commerce.productName() });
  if (has("commerce", "department")) all("faker-js", locale, { department: () => f.commerce.department() });
  if (has("color", "human")) all("faker-js", locale, { color: () => f.color.human() });
  if (has("word", "noun")) all("faker-js", locale, { word: () => f.word.noun() });
  if (has("lorem", "word")) all("faker-js", locale, { sentence: () => f.lorem.sentence() });
  if (has("date", "month")) all("faker-js", locale, { month: () => f.date.month(), weekday: () => f.date.weekday() });
  if (has("music", "song_name")) all("faker-js", locale, { song: () => f.music.songName() });
  if (has("music", "genre")) all("faker-js", locale, { genre: () => f.music.genre() });
  if (has("animal", "dog")) all("faker-js", locale, { dog: () => f.animal.dog(), bird: () => f.animal.bird(), fish: () => f.animal.fish() });
  if (has("book", "title")) all("faker-js", locale, { book: () => f.book.title(), publisher: () => f.book.publisher(), series: () => f.book.series() });
}
const f = allFakers.en;
f.seed(12);
all("faker-js", "en", {
  email: () => f.internet.email(), user: () => f.internet.username(), password: () => f.internet.password(),
  birth: () => f.date.birthdate(), card: () => f.finance.creditCardNumber(), iban: () => f.finance.iban(),
  ip: () => f.internet.ip(), ip4: () => f.internet.ipv4(), mac: () => f.internet.mac(), imei: () => f.phone.imei(), vin: () => f.vehicle.vin(),
  plate: () => f.vehicle.vrm(), btc: () => f.finance.bitcoinAddress(), eth: () => f.finance.ethereumAddress(),
  latitude: () => f.location.latitude(), longitude: () => f.location.longitude(),
  "secondary": () => f.location.secondaryAddress(),
  account: () => f.finance.accountNumber(), "account.name": () => f.finance.accountName(), bic: () => f.finance.bic(),
  routing: () => f.finance.routingNumber(), amount: () => f.finance.amount(), txtype: () => f.finance.transactionType(),
  txtext: () => f.finance.transactionDescription(), uuid: () => f.string.uuid(), ulid: () => f.string.ulid(), nanoid: () => f.string.nanoid(),
  hex: () => f.string.hexadecimal({ length: 16 }), numeric: () => f.string.numeric(11), "numeric16": () => f.string.numeric(16),
  alnum: () => f.string.alphanumeric(12), isbn: () => f.commerce.isbn(), price: () => f.commerce.price(), upc: () => f.commerce.upc?.() ?? f.string.numeric(12),
  semver: () => f.system.semver(), file: () => f.system.fileName(), path: () => f.system.filePath(), cron: () => f.system.cron(), mime: () => f.system.mimeType(),
  interface: () => f.system.networkInterface(), domain: () => f.internet.domainName(), url: () => f.internet.url(), agent: () => f.internet.userAgent(),
  port: () => f.internet.port(), emoji: () => f.internet.emoji(), jwt: () => f.internet.jwt(), branch: () => f.git.branch(), commit: () => f.git.commitMessage(), sha: () => f.git.commitSha(),
  hacker: () => f.hacker.phrase(), abbr: () => f.hacker.abbreviation(), vehicle: () => f.vehicle.vehicle(), maker: () => f.vehicle.manufacturer(), model: () => f.vehicle.model(),
  airline: () => f.airline.airline().name, airport: () => f.airline.airport().name, seat: () => f.airline.seat(), record: () => f.airline.recordLocator(), flight: () => f.airline.flightNumber(),
  dish: () => f.food.dish(), fruit: () => f.food.fruit(), element: () => f.science.chemicalElement().name, unit: () => f.science.unit().name,
  artist: () => f.music.artist(), author: () => f.book.author(), buzz: () => f.company.buzzPhrase(), catch: () => f.company.catchPhrase(),
  past: () => f.date.past({ years: 5 }), future: () => f.date.future(), currency: () => f.finance.currencyName(), zodiac: () => f.person.zodiacSign(),
  prefix: () => f.person.prefix(), bio: () => f.person.bio(), timezone: () => f.location.timeZone(), language: () => f.location.language().name,
  column: () => f.database.column(), engine: () => f.database.engine(), direction: () => f.location.direction(), county: () => f.location.county(),
});

const falso = require("@ngneat/falso");
falso.seed("heldout");
const named = {
  full: "FullName", first: "FirstName", last: "LastName", email: "Email", phone: "PhoneNumber", street: "StreetAddress", user: "UserName", password: "Password",
  card: "CreditCardNumber", iban: "Iban", ip4: "Ip", ip6: "Ipv6", mac: "Mac", gender: "Gender", eth: "EthereumAddress", btc: "BitcoinAddress", latitude: "Latitude",
  longitude: "Longitude", cvv: "CreditCardCVV", city: "City", zip: "ZipCode", state: "State", county: "County", country: "Country", account: "Account",
};
for (const [kind, name] of Object.entries(named)) emit("falso", "en", kind, () => falso["rand" + name]());
emit("falso", "en", "address", () => { const a = falso.randAddress(); return `${a.street}, ${a.city}, ${a.zipCode}`; });
const things = "Abbreviation Accessory Abn Airline AirportName AirportCode AmericanFootballTeam Amount Animal AwsRegion AwsService AwsRequestId BaseballTeam BasketballTeam Bear Bic Bird Book Brand Browser CatchPhrase ClothingSize CodeSnippet Color CompanyName CountryCode CreditCardBrand CurrencyName Database DatabaseColumn Department DirectoryPath Dog DomainName Drinks FileName FilePath Fish FlightNumber Float FontFamily Food FootballTeam FutureDate GitBranch GitCommitMessage GitCommitSha HexaDecimal Horse Hsl IceHockeyTeam Img JobArea JobTitle JobType Language Locale MimeType MotorcycleManufacturer Movie MovieCharacter MusicGenre Number Paragraph PastDate PersonTitle Phrase Port ProductName ProductCategory ProductDescription ProductMaterial ProgrammingLanguage Quote RecentDate Role RoutingNumber SeatNumber Semver Sentence Skill Slug Song Sports SportsTeam Status StreetName SubscriptionPlan Superhero SuperheroName Swift TimeZone Url UserAgent Uuid Vehicle VehicleManufacturer VehicleModel VehicleType Weekday Word Singer".split(" ");
for (const thing of things) emit("falso", "en", "thing." + thing, () => falso["rand" + thing]());

const Chance = require("chance");
const chance = new Chance(13);
for (const nationality of ["en", "it", "nl", "fr", "de", "jp", "es"]) {
  all("chance", nationality, {
    first: () => chance.first({ nationality }), last: () => chance.last({ nationality }),
    full: () => `${chance.first({ nationality })} ${chance.last({ nationality })}`,
  });
}
all("chance", "en", {
  "full.prefix": () => chance.name({ prefix: true }), "full.middle": () => chance.name({ middle_initial: true }), email: () => chance.email(), phone: () => chance.phone(),
  "phone.national": () => chance.phone({ country: "uk" }), street: () => chance.address(), birth: () => chance.birthday({ string: true }), ssn: () => chance.ssn(), card: () => chance.cc(),
  ip4: () => chance.ip(), ip6: () => chance.ipv6(), mac: () => chance.mac_address(), gender: () => chance.gender(), age: () => chance.age(), city: () => chance.city(), zip: () => chance.zip(),
  state: () => chance.state({ full: true }), latitude: () => chance.latitude(), longitude: () => chance.longitude(), "coordinates": () => chance.coordinates(),
  "device": () => chance.apple_token(), cpf: () => chance.cpf(), cf: () => chance.cf(), iban: () => chance.iban(), twitter: () => chance.twitter(),
});
for (const thing of ["word", "sentence", "syllable", "color", "company", "domain", "url", "hashtag", "profession", "guid", "hash", "android_id", "animal", "month", "weekday", "timestamp", "date", "dollar", "currency", "depth", "altitude", "areacode", "geohash", "locale", "province", "street", "hour", "note", "semver", "fbid", "klout", "tld", "wp8_anid2", "radio", "tv", "rpg", "normal", "floating", "natural", "prime", "coin", "dice", "file", "cnpj", "ampm", "exp_month", "cc_type", "mime_type", "license_plate"]) {
  emit("chance", "en", "thing." + thing, () => (thing === "rpg" ? chance.rpg("3d6").join(" ") : thing === "currency" ? chance.currency().name : chance[thing]()));
}

const Fakerator = require("fakerator");
for (const locale of ["cs-CZ", "de-DE", "en-AU", "en-CA", "es-ES", "fr-FR", "hu-HU", "it-IT", "nb-NO", "pl-PL", "pt-BR", "ru-RU", "sk-SK", "sv-SE"]) {
  const g = Fakerator(locale);
  g.seed(15);
  all("fakerator", locale, {
    full: () => g.names.name(), first: () => g.names.firstName(), last: () => g.names.lastName(), phone: () => g.phone.number(), street: () => g.address.street(),
    city: () => g.address.city(), company: () => g.company.name(), zip: () => g.address.postCode(), country: () => g.address.country(), "street.name": () => g.address.streetName(),
    email: () => g.internet.email(), user: () => g.internet.userName(), password: () => g.internet.password(), ip4: () => g.internet.ip(), "thing.url": () => g.internet.url(),
    "thing.sentence": () => g.lorem.sentence(), "thing.avatar": () => g.internet.avatar(), "thing.past": () => g.date.past(2, "2026-01-01"),
  });
}
