-- Tables that every other file of this folder knows.
CREATE TABLE app.customer (id int, email text, mobile text, city text);
CREATE TABLE app.orders (id int, customer_id int, total numeric);
CREATE VIEW app.v_city AS SELECT id AS customer, city AS town FROM app.customer;
CREATE TABLE app.grown (id int);
ALTER TABLE app.grown ADD COLUMN later text;
