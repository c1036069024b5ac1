-- Who is overdue, for the collection desk: number masked as it should be.
CREATE TABLE dw.mart_collection_list AS
SELECT
    application_id,
    applicant,
    substr(mobile_masked, 1, 3) || '****' || substr(mobile_masked, -4) AS mobile_shown,
    amount,
    CASE WHEN amount > 20000 THEN 'call' ELSE 'message' END AS way
FROM dw.dwd_loan
WHERE decision = 'overdue';

-- Loans by product and decision: nobody can be told from it.
CREATE TABLE dw.mart_credit_statistics AS
SELECT product, decision, count(DISTINCT id_card_no) AS applicants, avg(amount) AS mean_amount
FROM dw.dwd_loan
GROUP BY product, decision;

-- Applicants by day, for whoever wants them.
CREATE TABLE dw.mart_daily_lending AS
SELECT substr(applied_at, 1, 10) AS day, count(DISTINCT id_card_no) AS applicants, sum(amount) AS asked
FROM dw.dwd_loan
GROUP BY substr(applied_at, 1, 10);

-- Features of the limit model: the resident ID is hashed, which makes a pseudonym, not an anonymous row.
CREATE TABLE dw.ml_loan_feature AS
SELECT
    sha256(id_card_no) AS person_key,
    sum(amount) AS asked,
    count(*) AS applications,
    max(term_months) AS longest_term
FROM dw.ods_loan_application
GROUP BY id_card_no;
