-- The newest lead of every customer.
CREATE TABLE dw.ods_campaign_lead (
    customer_id  TEXT,
    mobile       TEXT,
    campaign     TEXT,
    score        REAL,
    collected_at TEXT
);

WITH ranked AS (
    SELECT
        customer_id,
        mobile,
        campaign,
        score,
        collected_at,
        row_number() OVER (PARTITION BY customer_id ORDER BY collected_at DESC) AS place
    FROM app.campaign_lead
)
INSERT INTO dw.ods_campaign_lead (customer_id, mobile, campaign, score, collected_at)
SELECT customer_id, mobile, campaign, score, collected_at
FROM ranked
WHERE place = 1;
