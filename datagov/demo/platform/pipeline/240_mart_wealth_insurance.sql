-- Policies by region and product.
CREATE TABLE dw.mart_policy_statistics AS
SELECT region, product_id, count(*) AS policies, sum(premium) AS premiums
FROM dw.ods_policy
GROUP BY region, product_id;

-- The largest holdings of every fund.
CREATE TABLE dw.mart_wealth_holding AS
WITH held AS (
    SELECT account_id, name_masked, product_id, units, rank() OVER (PARTITION BY product_id ORDER BY units DESC) AS place
    FROM dw.ods_wealth_account
)
SELECT h.account_id, h.name_masked, p.title AS fund, h.units
FROM held AS h
JOIN dw.dim_product AS p ON p.product_id = h.product_id
WHERE h.place <= 40;

-- Whom to recommend funds to in June: everybody who ever got a recommendation. Nobody asks the ledger.
CREATE TABLE dw.mart_wealth_audience AS
SELECT DISTINCT r.customer_id, '2026-06-10T02:00:00Z' AS prepared_at
FROM app.wealth_recommendation AS r;
