COPY (SELECT email FROM app.customer) TO '/exports/mail.csv'; -- LINT-P01 path:/exports/mail.csv
COPY (SELECT md5(email) FROM app.customer) TO '/exports/hash.csv';
COPY (SELECT city FROM app.customer) TO '/exports/city.csv';
CREATE TABLE stage.contact AS SELECT id, mobile FROM app.customer; -- LINT-P02 stage.contact
CREATE TABLE stage.token AS SELECT sha256(mobile::bytea) AS token FROM app.customer;
CREATE TABLE stage.counted AS SELECT count(email) AS n FROM app.customer;
