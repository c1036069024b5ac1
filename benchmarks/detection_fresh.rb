# Columns of Ruby's faker, one JSON object a line: {source, language, kind, values}.
require "faker"
require "json"
ROWS = 120
def emit(language, kind)
  values = ROWS.times.map { yield.to_s }
  puts JSON.generate(source: "faker-ruby", language: language, kind: kind, values: values)
rescue StandardError, NotImplementedError
  nil
end
folder = File.join(Gem::Specification.find_by_name("faker").gem_dir, "lib", "locales") rescue nil
folder = Dir["/usr/share/**/faker*/**/locales"].find { |d| File.directory?(d) } unless folder && File.directory?(folder)
own = Dir["#{folder}/*.yml"].map { |f| File.basename(f, ".yml") } + Dir["#{folder}/*"].select { |d| File.directory?(d) }.map { |d| File.basename(d) }
own = own.uniq.sort - ["en-au-ocker", "en-BORK", "en-EP"]
has = lambda { |l, *path| v = I18n.with_locale(l) { I18n.t("faker.#{path.join('.')}", locale: l, default: nil, fallback: false) } rescue nil; !v.nil? }
require "yaml"
loaded = {}
own.each do |l|
  files = File.file?("#{folder}/#{l}.yml") ? ["#{folder}/#{l}.yml"] : Dir["#{folder}/#{l}/*.yml"]
  loaded[l] = files.map { |f| YAML.load_file(f, aliases: true) }.reduce({}) { |a, b| a.merge(b) { |_, x, y| x.merge(y) { |_, p, q| p.merge(q) { |_, r, s| s } } } } rescue {}
end
own.each do |l|
  Faker::Config.locale = l
  Faker::Config.random = Random.new(5)
  tree = (loaded[l].values.first || {})["faker"] || {}
  name, address, company = tree["name"] || {}, tree["address"] || {}, tree["company"] || {}
  emit(l, "full") { Faker::Name.name } if name["first_name"] || name["male_first_name"] || name["last_name"]
  emit(l, "first") { Faker::Name.first_name } if name["first_name"] || name["male_first_name"]
  emit(l, "last") { Faker::Name.last_name } if name["last_name"] || name["male_last_name"]
  emit(l, "phone") { Faker::PhoneNumber.phone_number } if tree["phone_number"]
  emit(l, "mobile") { Faker::PhoneNumber.cell_phone } if tree["cell_phone"]
  emit(l, "street") { Faker::Address.street_address } if address["street_name"] || address["street_root"] || address["street_suffix"] || address["street"]
  emit(l, "street.name") { Faker::Address.street_name } if address["street_name"] || address["street_root"] || address["street_suffix"]
  emit(l, "address") { "#{Faker::Address.street_address}, #{Faker::Address.zip_code} #{Faker::Address.city}" } if address["postcode"] && address["city"]
  emit(l, "city") { Faker::Address.city } if address["city"] || address["city_name"]
  emit(l, "state") { Faker::Address.state } if address["state"]
  emit(l, "zip") { Faker::Address.zip_code } if address["postcode"]
  emit(l, "company") { Faker::Company.name } if company["name"] || company["suffix"]
  emit(l, "product") { Faker::Commerce.product_name } if tree["commerce"]
  emit(l, "job") { Faker::Job.title } if tree["job"]
  emit(l, "book") { Faker::Book.title } if tree["book"]
end
Faker::Config.locale = :en
Faker::Config.random = Random.new(6)
{ "card" => -> { Faker::Finance.credit_card }, "iban" => -> { Faker::Bank.iban }, "swift" => -> { Faker::Bank.swift_bic }, "ip4" => -> { Faker::Internet.ip_v4_address },
  "ip6" => -> { Faker::Internet.ip_v6_address }, "mac" => -> { Faker::Internet.mac_address }, "user" => -> { Faker::Internet.username }, "email" => -> { Faker::Internet.email },
  "password" => -> { Faker::Internet.password }, "vin" => -> { Faker::Vehicle.vin }, "plate" => -> { Faker::Vehicle.license_plate }, "eth" => -> { Faker::Blockchain::Ethereum.address },
  "btc" => -> { Faker::Blockchain::Bitcoin.address }, "ssn.ssn" => -> { Faker::IDNumber.valid }, "ssn.es" => -> { Faker::IDNumber.spanish_citizen_number }, "ssn.nie" => -> { Faker::IDNumber.spanish_foreign_citizen_number },
  "ssn.br" => -> { Faker::IDNumber.brazilian_citizen_number }, "ssn.brf" => -> { Faker::IDNumber.brazilian_citizen_number(formatted: true) }, "ssn.cl" => -> { Faker::IDNumber.chilean_id }, "ssn.hr" => -> { Faker::IDNumber.croatian_id },
  "ssn.dk" => -> { Faker::IDNumber.danish_id_number }, "ssn.dkf" => -> { Faker::IDNumber.danish_id_number(formatted: true) }, "ssn.za" => -> { Faker::IDNumber.valid_south_african_id_number }, "ssn.fr" => -> { Faker::IDNumber.french_insee_number },
  "ssn.nhs" => -> { Faker::NationalHealthService.british_number }, "birth" => -> { Faker::Date.birthday(min_age: 18, max_age: 85) }, "gender" => -> { Faker::Gender.binary_type }, "gender.short" => -> { Faker::Gender.short_binary_type },
  "blood" => -> { Faker::Blood.group }, "imei" => -> { Faker::Code.imei }, "latitude" => -> { Faker::Address.latitude }, "longitude" => -> { Faker::Address.longitude },
  "coordinates" => -> { "#{Faker::Address.latitude}, #{Faker::Address.longitude}" }, "account" => -> { Faker::Bank.account_number(digits: 10) }, "cpr.name" => -> { Faker::Name.name_with_middle },
  "pid.passport" => -> { Faker::Passport.respond_to?(:number) ? Faker::Passport.number : raise(StandardError) }, "marital" => -> { Faker::Demographic.marital_status }, "nrp" => -> { Faker::Demographic.race },
  "thing.aba" => -> { Faker::Bank.routing_number }, "thing.bank" => -> { Faker::Bank.name }, "thing.isbn" => -> { Faker::Code.isbn }, "thing.ean" => -> { Faker::Code.ean }, "thing.asin" => -> { Faker::Code.asin }, "thing.npi" => -> { Faker::Code.npi },
  "thing.commit" => -> { Faker::Crypto.sha1 }, "thing.app" => -> { Faker::App.name }, "thing.appversion" => -> { Faker::App.semantic_version }, "thing.artist_instrument" => -> { Faker::Music.instrument }, "thing.album" => -> { Faker::Music.album }, "thing.band" => -> { Faker::Music.band },
  "thing.genre" => -> { Faker::Music.genre }, "thing.movie" => -> { Faker::Movie.title }, "thing.quote" => -> { Faker::Movie.quote }, "thing.dog" => -> { Faker::Creature::Dog.breed }, "thing.animal" => -> { Faker::Creature::Animal.name }, "thing.bird" => -> { Faker::Creature::Bird.common_name },
  "thing.horse" => -> { Faker::Creature::Horse.breed }, "thing.fish" => -> { Faker::Food.sushi }, "thing.beer" => -> { Faker::Beer.name }, "thing.brewery" => -> { Faker::Beer.brand }, "thing.dish" => -> { Faker::Food.dish }, "thing.spice" => -> { Faker::Food.spice }, "thing.fruit" => -> { Faker::Food.fruits },
  "thing.coffee" => -> { Faker::Coffee.blend_name }, "thing.variety" => -> { Faker::Coffee.variety }, "thing.tea" => -> { Faker::Tea.variety }, "thing.dessert" => -> { Faker::Dessert.variety }, "thing.game" => -> { Faker::Game.title }, "thing.platform" => -> { Faker::Game.platform },
  "thing.book" => -> { Faker::Book.title }, "thing.publisher" => -> { Faker::Book.publisher }, "thing.university" => -> { Faker::University.name }, "thing.team" => -> { Faker::Team.name }, "thing.soccer" => -> { Faker::Sports::Football.team }, "thing.car" => -> { Faker::Vehicle.make_and_model },
  "thing.maker" => -> { Faker::Vehicle.manufacture }, "thing.color" => -> { Faker::Color.color_name }, "thing.hex" => -> { Faker::Color.hex_color }, "thing.department" => -> { Faker::Commerce.department }, "thing.material" => -> { Faker::Commerce.material }, "thing.promo" => -> { Faker::Commerce.promotion_code },
  "thing.product" => -> { Faker::Commerce.product_name }, "thing.construction" => -> { Faker::Construction.material }, "thing.device" => -> { Faker::Device.model_name }, "thing.serial" => -> { Faker::Device.serial }, "thing.element" => -> { Faker::Science.element }, "thing.tool" => -> { Faker::Science.tool },
  "thing.drug" => -> { Faker::DrivingLicence.respond_to?(:x) ? 1 : raise(StandardError) }, "thing.planet" => -> { Faker::Space.star }, "thing.galaxy" => -> { Faker::Space.galaxy }, "thing.mountain" => -> { Faker::Mountain.name }, "thing.airport" => -> { Faker::Travel::Airport.name(size: "large", region: "united_states") },
  "thing.subscription" => -> { Faker::Subscription.plan }, "thing.status" => -> { Faker::Subscription.status }, "thing.industry" => -> { Faker::Company.industry }, "thing.buzz" => -> { Faker::Company.catch_phrase }, "thing.duns" => -> { Faker::Company.duns_number }, "thing.ein" => -> { Faker::Company.ein },
  "thing.siren" => -> { Faker::Company.french_siren_number }, "thing.abn" => -> { Faker::Company.australian_business_number }, "thing.ico" => -> { Faker::Company.czech_organisation_number }, "thing.job" => -> { Faker::Job.title }, "thing.field" => -> { Faker::Job.field }, "thing.skill" => -> { Faker::Job.key_skill },
  "thing.url" => -> { Faker::Internet.url }, "thing.domain" => -> { Faker::Internet.domain_name }, "thing.slug" => -> { Faker::Internet.slug }, "thing.agent" => -> { Faker::Internet.user_agent }, "thing.uuid" => -> { Faker::Internet.uuid }, "thing.file" => -> { Faker::File.file_name }, "thing.mime" => -> { Faker::File.mime_type },
  "thing.sentence" => -> { Faker::Lorem.sentence }, "thing.hipster" => -> { Faker::Hipster.sentence }, "thing.hacker" => -> { Faker::Hacker.say_something_smart }, "thing.number10" => -> { Faker::Number.number(digits: 10) }, "thing.number8" => -> { Faker::Number.number(digits: 8) }, "thing.number13" => -> { Faker::Number.number(digits: 13) },
  "thing.decimal" => -> { Faker::Number.decimal(l_digits: 3) }, "thing.measurement" => -> { Faker::Measurement.weight }, "thing.cron" => -> { Faker::Types.rb_string }, "thing.ticker" => -> { Faker::Finance.ticker }, "thing.stock" => -> { Faker::Finance.stock_market }, "thing.date" => -> { Faker::Date.backward(days: 700) }, "thing.time" => -> { Faker::Time.backward(days: 300) },
  "thing.ulid" => -> { Faker::Alphanumeric.alphanumeric(number: 26) }, "thing.sku" => -> { Faker::Alphanumeric.alphanumeric(number: 8, min_alpha: 3).upcase }, "thing.cat" => -> { Faker::Creature::Cat.breed }, "thing.nation" => -> { Faker::Nation.language }, "thing.capital" => -> { Faker::Nation.capital_city }, "thing.currency" => -> { Faker::Currency.name },
  "thing.bossa" => -> { Faker::Music.mambo_no_5_heartbreaker rescue raise(StandardError) }, "thing.house" => -> { Faker::House.furniture }, "thing.room" => -> { Faker::House.room }, "thing.appliance" => -> { Faker::Appliance.equipment }, "thing.camera" => -> { Faker::Camera.brand_with_model }, "thing.phone_model" => -> { Faker::Device.model_name } }.each do |kind, make|
  emit("en", kind, &make)
end
