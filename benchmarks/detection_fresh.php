<?php
// Columns of FakerPHP, one JSON object a line: {source, language, kind, values}.
require "/usr/share/php/Faker/autoload.php";
$rows = 120;
$dir = "/usr/share/php/Faker/Provider";
$locales = array_filter(scandir($dir), fn($d) => preg_match('/^[a-z]{2}_[A-Z]/', $d) && is_dir("$dir/$d"));
$own = ["full"=>["Person","name"],"first"=>["Person","firstName"],"last"=>["Person","lastName"],"phone"=>["PhoneNumber","phoneNumber"],"street"=>["Address","streetAddress"],"address"=>["Address","address"],"city"=>["Address","city"],"street.name"=>["Address","streetName"],"company"=>["Company","company"],"zip"=>["Address","postcode"]];
$extra = ["ssn"=>["idNumber","personalIdentityNumber","personalIdentityCode","nationalIdNumber","cpf","pesel","dni","nik","tcNo","rrn","residentNumber","ssn","nino","cnp","egn","birthNumber","socialSecurityNumber","personalCode","teudatZehut","hetu","cpr","isikukood","rut","svnr","ahv","avs13","nir","nationalInsuranceNumber","nifnr","taxpayerIdentificationNumber","taxId","fiscalCode","bsn","idno","jmbg","oib","personalNumber"],"mobile"=>["mobileNumber","cellphoneNumber","cellNumber","mobilePhone","cellphone","tollFreePhoneNumber"],"plate"=>["licensePlate","vehicleRegistration"],"account"=>["bankAccountNumber"],"job"=>["jobTitle"],"swift"=>["swiftBicNumber"],"vat"=>["vat","siret","siren","cnpj","bankcode","businessId","regon","nip","ico","tin10","eik"],"state"=>["state","province","region","department","county","prefecture"],"sentence"=>["realText"]];
foreach ($locales as $locale) {
  $f = Faker\Factory::create($locale); $f->seed(7); mt_srand(7);
  foreach ($own as $kind => [$class, $method]) {
    if (!file_exists("$dir/$locale/$class.php")) continue;
    emit("fakerphp", $locale, $kind, fn() => str_replace("\n", ", ", $f->$method()));
  }
  foreach ($extra as $kind => $methods) foreach ($methods as $method) {
    $found = null;
    foreach ($f->getProviders() as $p) if (method_exists($p, $method) && strpos(get_class($p), $locale) !== false) $found = $p;
    if ($found) emit("fakerphp", $locale, $kind == "ssn" || $kind == "vat" ? "$kind.$method" : $kind, fn() => $kind == "sentence" ? $f->realText(80) : (string) $f->$method());
  }
}
$f = Faker\Factory::create("en_US"); $f->seed(9); mt_srand(9);
$all = ["card"=>"creditCardNumber","cardtype"=>"creditCardType","iban"=>"iban","ip4"=>"ipv4","ip6"=>"ipv6","mac"=>"macAddress","user"=>"userName","email"=>"email","password"=>"password","thing.domain"=>"domainName","thing.url"=>"url","thing.slug"=>"slug","thing.ean13"=>"ean13","thing.ean8"=>"ean8","thing.isbn10"=>"isbn10","thing.isbn13"=>"isbn13","thing.md5"=>"md5","thing.sha256"=>"sha256","thing.uuid"=>"uuid","thing.color"=>"colorName","thing.hex"=>"hexColor","thing.rgb"=>"rgbCssColor","thing.mime"=>"mimeType","thing.ext"=>"fileExtension","thing.agent"=>"userAgent","thing.locale"=>"locale","thing.currency"=>"currencyCode","thing.bs"=>"bs","thing.catch"=>"catchPhrase","thing.word"=>"word","thing.sentence"=>"sentence","thing.company"=>"company","thing.iso"=>"iso8601","thing.unix"=>"unixTime","thing.tz"=>"timezone","thing.month"=>"monthName","thing.semver"=>"semver","thing.hostname"=>"domainWord","latitude"=>"latitude","longitude"=>"longitude","gender"=>"titleMale"];
foreach ($all as $kind => $m) emit("fakerphp", "en_US", $kind, fn() => (string) $f->$m());
emit("fakerphp","en_US","birth", fn() => $f->dateTimeBetween("-80 years","-18 years")->format("Y-m-d"));
emit("fakerphp","de_DE","birth", fn() => $f->dateTimeBetween("-80 years","-18 years")->format("d.m.Y"));
emit("fakerphp","en_GB","birth", fn() => $f->dateTimeBetween("-80 years","-18 years")->format("d/m/Y"));
emit("fakerphp","en_US","coordinates", fn() => $f->latitude().",".$f->longitude());
emit("fakerphp","en_US","thing.created", fn() => $f->dateTimeBetween("-3 years","now")->format("Y-m-d H:i:s"));
emit("fakerphp","en_US","thing.sku", fn() => $f->bothify("??-####-##"));
emit("fakerphp","en_US","thing.serial", fn() => $f->bothify("SN########"));
emit("fakerphp","en_US","thing.order", fn() => $f->numerify("##########"));
emit("fakerphp","en_US","thing.order12", fn() => $f->numerify("############"));
emit("fakerphp","en_US","thing.order9", fn() => $f->numerify("#########"));
emit("fakerphp","en_US","thing.price", fn() => $f->randomFloat(2, 1, 900));
function emit($source, $locale, $kind, $make) {
  global $rows; $values = [];
  for ($i = 0; $i < $rows; $i++) { try { $values[] = @$make(); } catch (Throwable $e) { return; } }
  echo json_encode(compact("source") + ["language"=>$locale,"kind"=>$kind,"values"=>$values], JSON_UNESCAPED_UNICODE|JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
