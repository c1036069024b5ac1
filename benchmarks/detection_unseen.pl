# Columns of Perl's Data::Faker, one JSON object a line: {source, language, kind, values}. Run by detection_unseen.py.
use strict; use warnings; use utf8; use Data::Faker; use JSON::PP;
srand(17);
my $made = Data::Faker->new;
my %kinds = (name => "full", first_name => "first", last_name => "last", phone_number => "phone", street_address => "street", street_name => "street.name", city => "city",
  us_zip_code => "zip", us_state => "state", company => "company", job_title => "job", email => "email", username => "user", ip_address => "ip4", hostname => "thing.host",
  domain_name => "thing.domain", domain_word => "thing.domain_word", sqldate => "thing.date", datetime_locale => "thing.moment", month => "thing.month", weekday => "thing.weekday",
  unixtime => "thing.unixtime", rfc822 => "thing.rfc822", us_state_abbr => "thing.state_abbr", network_service => "thing.service", secondary_unit_number => "thing.unit", ampm => "thing.ampm");
for my $method (sort keys %kinds) {
  my @values = map { "" . $made->$method() } 1 .. 120;
  print JSON::PP->new->ascii->canonical->encode({source => "data-faker", language => "en", kind => $kinds{$method}, values => \@values}), "\n";
}
