-- The insurer's policies reach the warehouse masked and tokenised; of the address only province and city remain.
CREATE TABLE dw.ods_policy AS
SELECT
    p.policy_no,
    p.customer_id,
    substr(p.policyholder, 1, 1) || '**' AS holder_masked,
    sha256(p.email) AS email_hash,
    substr(p.home_address, 1, instr(p.home_address, '市')) AS region,
    p.product_id,
    p.premium,
    p.start_on
FROM app.insurance_policy AS p;

CREATE TABLE dw.ods_wealth_account AS
SELECT account_id, customer_id, name_masked, risk_grade, product_id, units, opened_at
FROM app.wealth_account;
