SELECT total FROM app.orders;
SELECT totl FROM app.orders; -- LINT-C02 app.orders.totl
SELECT customer, town FROM stage.everything;
SELECT city FROM stage.everything; -- LINT-C02 stage.everything.city
SELECT later FROM app.grown;
SELECT amount FROM other.p, other.q; -- LINT-C01 amount
SELECT p.amount FROM other.p AS p, other.q AS q;
CREATE TABLE stage.star AS SELECT * FROM nobody.knows; -- LINT-C03
CREATE TABLE stage.known AS SELECT * FROM app.orders;
INSERT INTO stage.unknown SELECT total FROM app.orders; -- LINT-C04 stage.unknown
INSERT INTO stage.unknown (total) SELECT total FROM app.orders;
INSERT INTO app.grown SELECT id, total, customer_id FROM app.orders; -- LINT-C05 app.grown
