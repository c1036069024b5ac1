-- Payments by position, refunds by name.
CREATE TABLE dw.ods_payment (
    payment_id  INTEGER,
    order_no    TEXT,
    customer_id TEXT,
    merchant_id TEXT,
    card_token  TEXT,
    amount      REAL,
    paid_at     TEXT
);

INSERT INTO dw.ods_payment
SELECT payment_id, order_no, customer_id, merchant_id, card_token, amount, paid_at
FROM app.payment
WHERE status = 'paid';

CREATE TABLE dw.ods_refund (order_no TEXT, refunded REAL, refunded_at TEXT);

INSERT INTO dw.ods_refund (refunded_at, order_no, refunded)
SELECT r.refunded_at, r.order_no, r.amount
FROM app.refund AS r;
