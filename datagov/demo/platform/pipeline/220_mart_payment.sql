-- Volume by day and city.
CREATE TABLE dw.mart_daily_volume AS
SELECT
    substr(d.moved_at, 1, 10) AS day,
    m.merchant_city,
    count(DISTINCT d.card_token) AS cards,
    sum(d.amount) AS volume
FROM dw.dwd_payment AS d
JOIN dw.dim_merchant AS m ON m.merchant_id = d.merchant_id
GROUP BY substr(d.moved_at, 1, 10), m.merchant_city;

-- Merchants that reach people of a campaign: leads decide which rows are here, none of their data is.
CREATE TABLE dw.mart_campaign_merchant AS
SELECT m.merchant_id, m.merchant_name, m.uscc, m.category
FROM dw.dim_merchant AS m
WHERE m.merchant_id IN (
    SELECT p.merchant_id
    FROM dw.ods_payment AS p
    JOIN dw.ods_campaign_lead AS l ON l.customer_id = p.customer_id
    WHERE l.score >= 0.9
);
