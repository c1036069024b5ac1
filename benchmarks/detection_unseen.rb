# Columns of Ruby's ffaker, one JSON object a line: {source, language, kind, values}. Run by detection_unseen.py.
require "ffaker"
require "json"
ROWS = 120
FFaker::Random.seed = 17
LANGUAGE = /(?<=[a-z])(?:CHDE|CHFR|CHIT|ESCL|ESCO|THEN|[A-Z]{2}|Kr)$/
SAME = {
  "Name" => { "name" => "full", "full_name" => "full", "any_name" => "full", "female_name" => "full", "male_name" => "full", "name_female" => "full", "name_male" => "full",
              "name_sn" => "full", "last_first" => "full", "name_with_space" => "full", "female_full_name" => "full", "male_full_name" => "full", "full_name_prefix" => "full.prefix",
              "name_with_prefix" => "full.prefix", "name_with_suffix" => "full.prefix", "name_with_prefix_suffix" => "full.prefix", "female_name_with_prefix" => "full.prefix",
              "male_name_with_prefix" => "full.prefix", "first_name" => "first", "first_name_female" => "first", "first_name_male" => "first", "female_first_name" => "first",
              "male_first_name" => "first", "last_name" => "last", "last_name_female" => "last", "last_name_male" => "last", "female_last_name" => "last", "male_last_name" => "last",
              "paternal_last_names" => "last", "middle_name" => "middle", "middle_name_female" => "middle", "middle_name_male" => "middle" },
  "Address" => { "city" => "city", "designated_city" => "city", "tokyo_ward" => "city", "town" => "city", "municipality" => "city", "village" => "city", "metropolitan_city" => "city",
                 "voivodeship_capital_city" => "city", "suburb" => "city", "state" => "state", "province" => "state", "region" => "state", "canton" => "state", "prefecture" => "state",
                 "departement" => "state", "voivodeship" => "state", "kommune" => "county", "county" => "county", "uk_county" => "county", "country" => "country",
                 "full_address" => "address", "address" => "address", "land_address" => "address", "road_addess" => "address", "tokyo_ward_address" => "address",
                 "designated_city_address" => "address", "other_address" => "address", "street_address" => "street", "street_name" => "street.name", "street" => "street.name",
                 "square" => "street.name", "secondary_address" => "secondary", "postal_code" => "zip", "postcode" => "zip", "zip_code" => "zip", "pincode" => "zip", "post_nr" => "zip",
                 "uk_postcode" => "zip", "state_abbr" => "thing.state_abbr", "time_zone" => "thing.timezone" },
  "PhoneNumber" => { "phone_number" => "phone", "mobile_phone_number" => "mobile", "mobile_number" => "mobile", "home_phone_number" => "phone", "home_work_phone_number" => "phone",
                     "homework_number" => "phone", "fixed_line_number" => "phone", "general_phone_number" => "phone", "international_phone_number" => "phone",
                     "international_mobile_phone_number" => "mobile", "e164_phone_number" => "phone", "imei" => "imei" },
  "Identification" => { "cpf" => "ssn.cpf", "pretty_cpf" => "ssn.cpf", "curp" => "ssn.curp", "rfc_persona_fisica" => "ssn.rfc", "pesel" => "ssn.pesel", "rrn" => "ssn.rrn", "rut" => "ssn.rut",
                        "aadhaar" => "ssn.aadhaar", "ssn" => "ssn.ssn", "blood_type" => "blood", "cnpj" => "thing.cnpj", "pretty_cnpj" => "thing.cnpj" },
  "SSN" => { "ssn" => "ssn.ssn" },
  "Internet" => { "email" => "email", "free_email" => "email", "safe_email" => "email", "user_name" => "user", "login_user_name" => "user", "ip_v4_address" => "ip4", "mac" => "mac",
                  "password" => "password", "domain_name" => "thing.domain", "domain_word" => "thing.host", "slug" => "thing.slug", "http_url" => "thing.url" },
  "Bank" => { "iban" => "iban", "card_number" => "card", "card_type" => "thing.card_type" },
  "Vehicle" => { "vin" => "vin", "make" => "thing.make", "model" => "thing.model", "trim" => "thing.trim", "base_color" => "thing.color", "fuel_type" => "thing.fuel" },
  "Company" => { "name" => "company", "bs" => "thing.bs", "catch_phrase" => "thing.slogan", "position" => "thing.position", "siren" => "thing.siren", "siret" => "thing.siret", "partita_iva" => "thing.vat" },
  "Job" => { "title" => "job" },
  "Book" => { "title" => "thing.book", "genre" => "thing.genre", "isbn" => "thing.isbn" },
  "Code" => { "ean" => "thing.ean", "npi" => "thing.npi" },
  "Lorem" => { "word" => "thing.word", "sentence" => "thing.sentence", "phrase" => "thing.phrase" },
  "Education" => { "degree" => "thing.degree", "major" => "thing.major", "school" => "thing.school" },
  "Food" => { "fruit" => "thing.fruit", "ingredient" => "thing.ingredient", "vegetable" => "thing.vegetable", "meat" => "thing.meat", "food" => "thing.food", "herb_or_spice" => "thing.spice" },
  "Music" => { "album" => "thing.album", "song" => "thing.song", "genre" => "thing.genre" },
  "Movie" => { "title" => "thing.movie" }, "Game" => { "title" => "thing.game", "category" => "thing.category" }, "Sport" => { "name" => "thing.sport" },
  "Airline" => { "name" => "thing.airline", "flight_number" => "thing.flight" }, "Animal" => { "common_name" => "thing.animal" }, "Color" => { "name" => "thing.color", "hex_code" => "thing.hex" },
  "AWS" => { "product_description" => "thing.aws", "instance_type" => "thing.instance" }, "Conference" => { "name" => "thing.conference" }, "Currency" => { "code" => "thing.currency", "name" => "thing.currency" },
  "Filesystem" => { "file_name" => "thing.file", "mime_type" => "thing.mime", "directory" => "thing.folder" }, "Guid" => { "guid" => "thing.guid" }, "Locale" => { "language" => "thing.language" },
  "Product" => { "product_name" => "product", "brand" => "thing.brand", "model" => "thing.model" }, "Skill" => { "specialty" => "thing.skill", "tech_skill" => "thing.skill" },
  "Venue" => { "name" => "thing.venue" }, "Youtube" => { "url" => "thing.video", "video_id" => "thing.video" }, "SemVer" => { "next" => "thing.semver" },
  "Healthcare" => { "doctor_specialization" => "thing.specialty" }, "Geolocation" => { "lat" => "latitude", "lng" => "longitude" }
}
folder = File.dirname($LOADED_FEATURES.find { |f| f.end_with?("/ffaker.rb") }) + "/ffaker"
Dir["#{folder}/*.rb"].sort.each do |file|
  name = File.read(file)[/module ((?!FFaker|ModuleUtils)[A-Z]\w*)/, 1]
  next unless name && FFaker.const_defined?(name)
  family = name.sub(LANGUAGE, "").sub(/^(SSN)(MX|SE)$/, '\1')
  kinds = SAME[family] or next
  made = FFaker.const_get(name)
  made.instance_methods(false).sort.each do |method|
    kind = kinds[method.to_s] or next
    values = ROWS.times.map { made.public_send(method).to_s } rescue next
    puts JSON.generate(source: "ffaker", language: name.delete_prefix(family) + ".#{method}", kind: kind, values: values)
  end
end
