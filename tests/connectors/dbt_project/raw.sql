-- The application's tables that the project's sources name; rows are made up.
DROP SCHEMA IF EXISTS dbt_raw CASCADE;
CREATE SCHEMA dbt_raw;
CREATE TABLE dbt_raw.customer (id integer PRIMARY KEY, full_name text, email text, mobile text, country text, updated_at timestamp);
CREATE TABLE dbt_raw.payment (id integer PRIMARY KEY, customer_id integer, card_number text, amount_cents integer, state text, method text, paid_at timestamp);
INSERT INTO dbt_raw.customer
SELECT n, 'Person ' || n, 'person' || n || '@example.org', '+861380000' || (1000 + n), 'CN', timestamp '2026-01-01' FROM generate_series(1, 20) AS g (n);
INSERT INTO dbt_raw.payment
SELECT n, 1 + n % 20, '411111111111' || (1000 + n), n * 100, 'settled', 'card', timestamp '2026-02-01' FROM generate_series(1, 60) AS g (n);
