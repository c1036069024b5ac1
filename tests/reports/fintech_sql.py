"""The pipeline of the sample fintech: SQL files with literals masked, as the tracing worker would leave them."""

from __future__ import annotations

FILES: dict[str, str] = {
    "etl/10_ods.sql": """\
CREATE TABLE dw.ods_customer AS
SELECT customer_id, name, mobile, id_card_no, email, birth_date, home_address, notes
FROM app.customer;

CREATE TABLE dw.ods_bank_card AS
SELECT card_id, customer_id, card_no, holder_name
FROM app.bank_card
WHERE status = '******';
""",
    "etl/20_dwd.sql": """\
-- one row per customer, contact data protected
CREATE TABLE dw.dwd_customer AS
SELECT
  c.customer_id,
  c.name,
  concat(left(c.mobile, 3), '****', right(c.mobile, 4)) AS mobile_masked,
  sha256(c.id_card_no) AS id_card_hash,
  c.id_card_no AS id_card_no,
  CASE WHEN c.birth_date IS NULL THEN '*******' ELSE strftime('**', c.birth_date) END AS birth_year,
  coalesce(c.email, '*******') AS email,
  b.card_no AS default_card
FROM dw.ods_customer AS c
LEFT JOIN dw.ods_bank_card AS b ON b.customer_id = c.customer_id;

CREATE TABLE dw.dwd_payment AS
SELECT p.pay_id, p.customer_id, p.amount, p.paid_at, p.device_id, b.card_no AS card_no
FROM app.payment AS p
JOIN dw.ods_bank_card AS b ON b.card_id = p.card_id;
""",
    "etl/30_dws.sql": """\
INSERT INTO dw.dws_risk_feature (customer_id, id_card_no, avg_amount, payments, devices, last_ip)
SELECT
  c.customer_id,
  c.id_card_no,
  avg(p.amount),
  count(p.pay_id),
  count(DISTINCT p.device_id),
  max(l.ip)
FROM dw.dwd_customer AS c
JOIN dw.dwd_payment AS p ON p.customer_id = c.customer_id
LEFT JOIN app.login_log AS l ON l.customer_id = c.customer_id
WHERE p.paid_at >= date('***', '********')
GROUP BY c.customer_id, c.id_card_no;

INSERT INTO dw.dwd_loan (loan_id, customer_id, id_card_no, mobile, credit_line)
SELECT l.loan_id, l.customer_id, c.id_card_no, c.mobile, l.credit_line
FROM app.loan_application AS l
JOIN dw.ods_customer AS c ON c.customer_id = l.customer_id;
""",
    "etl/40_ads.sql": """\
CREATE TABLE dw.ads_marketing_push AS
SELECT c.name AS receiver, o.mobile AS mobile, o.email AS email, r.avg_amount AS spend_level
FROM dw.dwd_customer AS c
JOIN dw.ods_customer AS o ON o.customer_id = c.customer_id
JOIN dw.dws_risk_feature AS r ON r.customer_id = c.customer_id;

CREATE TABLE dw.ads_region_stat AS
SELECT substr(o.home_address, 1, 6) AS region, count(o.customer_id) AS customers
FROM dw.ods_customer AS o
GROUP BY substr(o.home_address, 1, 6);
""",
    "etl/50_partner.sql": """\
CREATE VIEW dw.ads_partner_feed AS
SELECT l.id_card_no AS id_card_no, l.mobile AS mobile, tokenise(l.customer_id) AS customer_token, l.credit_line
FROM dw.dwd_loan AS l;
""",
    "etl/adhoc/export_0412.sql": """\
CREATE TABLE dw.tmp_export_0412 AS
SELECT name, mobile, id_card_no, default_card FROM (
  SELECT c.name, o.mobile, o.id_card_no, c.default_card
  FROM dw.dwd_customer AS c JOIN dw.ods_customer AS o ON o.customer_id = c.customer_id
) AS t;
""",
    "etl/legacy/load_scores.sql": """\
EXEC sp_load_scores @batch = '********';
""",
}
"""File name to text; the last one cannot be traced."""

EDGES: dict[str, list[tuple[int, str, str, str, str, str, float, str]]] = {
    "etl/10_ods.sql": [
        *(
            (0, f"app.customer.{c}", f"dw.ods_customer.{c}", "IDENTITY", "none", c, 1.0, "schema_resolved")
            for c in ("customer_id", "name", "mobile", "id_card_no", "email", "birth_date", "home_address", "notes")
        ),
        *(
            (1, f"app.bank_card.{c}", f"dw.ods_bank_card.{c}", "IDENTITY", "none", c, 1.0, "schema_resolved")
            for c in ("card_id", "customer_id", "card_no", "holder_name")
        ),
        (1, "app.bank_card.status", "dw.ods_bank_card", "FILTER", "none", "status = '******'", 1.0, "schema_resolved"),
    ],
    "etl/20_dwd.sql": [
        (
            0,
            "dw.ods_customer.customer_id",
            "dw.dwd_customer.customer_id",
            "IDENTITY",
            "none",
            "c.customer_id",
            1.0,
            "schema_resolved",
        ),
        (0, "dw.ods_customer.name", "dw.dwd_customer.name", "IDENTITY", "none", "c.name", 1.0, "schema_resolved"),
        (
            0,
            "dw.ods_customer.mobile",
            "dw.dwd_customer.mobile_masked",
            "TRANSFORMATION",
            "partially_masked",
            "concat(left(c.mobile, 3), '****', right(c.mobile, 4))",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.id_card_no",
            "dw.dwd_customer.id_card_hash",
            "TRANSFORMATION",
            "pseudonymised",
            "sha256(c.id_card_no)",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.id_card_no",
            "dw.dwd_customer.id_card_no",
            "IDENTITY",
            "none",
            "c.id_card_no",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.birth_date",
            "dw.dwd_customer.birth_year",
            "TRANSFORMATION",
            "none",
            "strftime('**', c.birth_date)",
            0.95,
            "unknown_function",
        ),
        (
            0,
            "dw.ods_customer.birth_date",
            "dw.dwd_customer.birth_year",
            "CONDITIONAL",
            "none",
            "c.birth_date IS NULL",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.email",
            "dw.dwd_customer.email",
            "TRANSFORMATION",
            "none",
            "coalesce(c.email, '*******')",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_bank_card.card_no",
            "dw.dwd_customer.default_card",
            "IDENTITY",
            "none",
            "b.card_no",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_bank_card.customer_id",
            "dw.dwd_customer",
            "JOIN",
            "none",
            "b.customer_id = c.customer_id",
            1.0,
            "schema_resolved",
        ),
        (1, "app.payment.pay_id", "dw.dwd_payment.pay_id", "IDENTITY", "none", "p.pay_id", 1.0, "schema_resolved"),
        (
            1,
            "app.payment.customer_id",
            "dw.dwd_payment.customer_id",
            "IDENTITY",
            "none",
            "p.customer_id",
            1.0,
            "schema_resolved",
        ),
        (1, "app.payment.amount", "dw.dwd_payment.amount", "IDENTITY", "none", "p.amount", 1.0, "schema_resolved"),
        (1, "app.payment.paid_at", "dw.dwd_payment.paid_at", "IDENTITY", "none", "p.paid_at", 1.0, "schema_resolved"),
        (
            1,
            "app.payment.device_id",
            "dw.dwd_payment.device_id",
            "IDENTITY",
            "none",
            "p.device_id",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_bank_card.card_no",
            "dw.dwd_payment.card_no",
            "IDENTITY",
            "none",
            "b.card_no",
            1.0,
            "schema_resolved",
        ),
        (1, "app.payment.card_id", "dw.dwd_payment", "JOIN", "none", "b.card_id = p.card_id", 1.0, "schema_resolved"),
    ],
    "etl/30_dws.sql": [
        (
            0,
            "dw.dwd_customer.customer_id",
            "dw.dws_risk_feature.customer_id",
            "IDENTITY",
            "none",
            "c.customer_id",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_customer.id_card_no",
            "dw.dws_risk_feature.id_card_no",
            "IDENTITY",
            "none",
            "c.id_card_no",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_payment.amount",
            "dw.dws_risk_feature.avg_amount",
            "AGGREGATION",
            "aggregated",
            "avg(p.amount)",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_payment.pay_id",
            "dw.dws_risk_feature.payments",
            "AGGREGATION",
            "aggregated",
            "count(p.pay_id)",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_payment.device_id",
            "dw.dws_risk_feature.devices",
            "AGGREGATION",
            "aggregated",
            "count(DISTINCT p.device_id)",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "app.login_log.ip",
            "dw.dws_risk_feature.last_ip",
            "AGGREGATION",
            "none",
            "max(l.ip)",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_payment.paid_at",
            "dw.dws_risk_feature",
            "FILTER",
            "none",
            "p.paid_at >= date('***', '********')",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_customer.id_card_no",
            "dw.dws_risk_feature",
            "GROUP_BY",
            "none",
            "c.customer_id, c.id_card_no",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "app.loan_application.loan_id",
            "dw.dwd_loan.loan_id",
            "IDENTITY",
            "none",
            "l.loan_id",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "app.loan_application.customer_id",
            "dw.dwd_loan.customer_id",
            "IDENTITY",
            "none",
            "l.customer_id",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_customer.id_card_no",
            "dw.dwd_loan.id_card_no",
            "IDENTITY",
            "none",
            "c.id_card_no",
            1.0,
            "schema_resolved",
        ),
        (1, "dw.ods_customer.mobile", "dw.dwd_loan.mobile", "IDENTITY", "none", "c.mobile", 1.0, "schema_resolved"),
        (
            1,
            "app.loan_application.credit_line",
            "dw.dwd_loan.credit_line",
            "IDENTITY",
            "none",
            "l.credit_line",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_customer.customer_id",
            "dw.dwd_loan",
            "JOIN",
            "none",
            "c.customer_id = l.customer_id",
            1.0,
            "schema_resolved",
        ),
    ],
    "etl/40_ads.sql": [
        (
            0,
            "dw.dwd_customer.name",
            "dw.ads_marketing_push.receiver",
            "IDENTITY",
            "none",
            "c.name",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.mobile",
            "dw.ads_marketing_push.mobile",
            "IDENTITY",
            "none",
            "o.mobile",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.email",
            "dw.ads_marketing_push.email",
            "IDENTITY",
            "none",
            "o.email",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dws_risk_feature.avg_amount",
            "dw.ads_marketing_push.spend_level",
            "IDENTITY",
            "none",
            "r.avg_amount",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_customer.home_address",
            "dw.ads_region_stat.region",
            "TRANSFORMATION",
            "partially_masked",
            "substr(o.home_address, 1, 6)",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_customer.customer_id",
            "dw.ads_region_stat.customers",
            "AGGREGATION",
            "aggregated",
            "count(o.customer_id)",
            1.0,
            "schema_resolved",
        ),
        (
            1,
            "dw.ods_customer.home_address",
            "dw.ads_region_stat",
            "GROUP_BY",
            "none",
            "substr(o.home_address, 1, 6);",
            1.0,
            "schema_resolved",
        ),
    ],
    "etl/50_partner.sql": [
        (
            0,
            "dw.dwd_loan.id_card_no",
            "dw.ads_partner_feed.id_card_no",
            "IDENTITY",
            "none",
            "l.id_card_no",
            1.0,
            "schema_resolved",
        ),
        (0, "dw.dwd_loan.mobile", "dw.ads_partner_feed.mobile", "IDENTITY", "none", "l.mobile", 1.0, "schema_resolved"),
        (
            0,
            "dw.dwd_loan.customer_id",
            "dw.ads_partner_feed.customer_token",
            "TRANSFORMATION",
            "pseudonymised",
            "tokenise(l.customer_id)",
            0.9,
            "unknown_function",
        ),
        (
            0,
            "dw.dwd_loan.credit_line",
            "dw.ads_partner_feed.credit_line",
            "IDENTITY",
            "none",
            "l.credit_line",
            1.0,
            "schema_resolved",
        ),
    ],
    "etl/adhoc/export_0412.sql": [
        (0, "dw.dwd_customer.name", "dw.tmp_export_0412.name", "IDENTITY", "none", "name", 0.6, "ambiguous"),
        (
            0,
            "dw.ods_customer.mobile",
            "dw.tmp_export_0412.mobile",
            "IDENTITY",
            "none",
            "mobile",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.ods_customer.id_card_no",
            "dw.tmp_export_0412.id_card_no",
            "IDENTITY",
            "none",
            "id_card_no",
            1.0,
            "schema_resolved",
        ),
        (
            0,
            "dw.dwd_customer.default_card",
            "dw.tmp_export_0412.default_card",
            "IDENTITY",
            "none",
            "default_card",
            1.0,
            "schema_resolved",
        ),
    ],
}
"""File to edges: (statement of the file, source, target column or dataset, subtype, protection, expression,
confidence, reason)."""
