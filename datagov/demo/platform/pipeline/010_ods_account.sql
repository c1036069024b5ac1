-- Customers of the payments company, without their closed accounts; the name and number stay masked or tokenised.
CREATE TABLE dw.ods_customer AS
SELECT customer_id, name_masked, mobile_token, city, segment
FROM app.v_active_customer;

CREATE TABLE dw.dim_product AS
SELECT * FROM app.product;

CREATE TABLE dw.dim_merchant AS
SELECT merchant_id, name AS merchant_name, uscc, category, city AS merchant_city
FROM app.merchant;
