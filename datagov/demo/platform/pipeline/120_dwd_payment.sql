-- Money in and out in one table.
CREATE TEMP VIEW paid AS
SELECT p.order_no, p.customer_id, p.merchant_id, p.card_token, p.amount, p.paid_at AS moved_at
FROM dw.ods_payment AS p;

CREATE TABLE dw.dwd_payment AS
SELECT order_no, customer_id, merchant_id, card_token, amount, moved_at
FROM paid
UNION ALL
SELECT r.order_no, p.customer_id, p.merchant_id, p.card_token, -r.refunded, r.refunded_at
FROM dw.ods_refund AS r
JOIN dw.ods_payment AS p ON p.order_no = r.order_no;

DROP VIEW paid;
