-- The application database of the demo platform (app.db). SQLite keeps no column comments, so they stand here.

-- Payments company: customers and merchants ------------------------------------------------------------------------
CREATE TABLE customer (
    customer_id   TEXT PRIMARY KEY,  -- QS + 8 digits, issued by us
    name_masked   TEXT NOT NULL,     -- surname and stars
    mobile_masked TEXT NOT NULL,     -- 138****5678
    mobile_token  TEXT NOT NULL,     -- keyed token of the number
    city          TEXT NOT NULL,
    age_band      TEXT NOT NULL,
    segment       TEXT NOT NULL,
    opened_at     TEXT NOT NULL,     -- UTC, like every time here
    status        TEXT NOT NULL
);

CREATE TABLE kyc (
    kyc_id        INTEGER PRIMARY KEY,
    customer_id   TEXT NOT NULL REFERENCES customer,
    id_card_token TEXT NOT NULL,     -- keyed token of the resident ID
    name_token    TEXT NOT NULL,
    address_token TEXT NOT NULL,
    verified_at   TEXT NOT NULL,
    method        TEXT NOT NULL
);

CREATE TABLE bank_card (
    card_id     INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    card_masked TEXT NOT NULL,       -- 622202******1234
    card_token  TEXT NOT NULL,
    bank        TEXT NOT NULL,
    bound_at    TEXT NOT NULL
);

CREATE TABLE merchant (
    merchant_id TEXT PRIMARY KEY,
    merchant_no TEXT NOT NULL,       -- 15 digits of the acquiring network
    name        TEXT NOT NULL,       -- registered company name
    uscc        TEXT NOT NULL,       -- unified social credit code: business data
    category    TEXT NOT NULL,
    city        TEXT NOT NULL,
    joined_on   TEXT NOT NULL
);

CREATE TABLE payment (
    payment_id  INTEGER PRIMARY KEY,
    order_no    TEXT NOT NULL,       -- 18 digits, not a resident ID
    customer_id TEXT NOT NULL REFERENCES customer,
    merchant_id TEXT NOT NULL REFERENCES merchant,
    card_token  TEXT NOT NULL,
    amount      REAL NOT NULL,       -- yuan
    status      TEXT NOT NULL,
    paid_at     TEXT NOT NULL
);

CREATE TABLE refund (
    refund_id   INTEGER PRIMARY KEY,
    order_no    TEXT NOT NULL,
    amount      REAL NOT NULL,
    reason_code TEXT NOT NULL,
    refunded_at TEXT NOT NULL
);

CREATE TABLE login_event (
    event_id     INTEGER PRIMARY KEY,
    customer_id  TEXT NOT NULL REFERENCES customer,
    device_token TEXT NOT NULL,
    ip_token     TEXT NOT NULL,
    succeeded    INTEGER NOT NULL,
    at           TEXT NOT NULL
);

CREATE TABLE support_ticket (
    ticket_id   INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    topic       TEXT NOT NULL,
    callback    TEXT NOT NULL,       -- mobile number the customer left, in the clear
    opened_at   TEXT NOT NULL
);

-- Consumer lending -------------------------------------------------------------------------------------------------
CREATE TABLE loan_application (
    application_id TEXT PRIMARY KEY,
    customer_id    TEXT NOT NULL REFERENCES customer,
    applicant      TEXT NOT NULL,    -- surname and stars
    id_card_no     TEXT NOT NULL,    -- resident ID, in the clear
    mobile         TEXT NOT NULL,    -- in the clear
    product_id     TEXT NOT NULL,
    amount         REAL NOT NULL,
    term_months    INTEGER NOT NULL,
    decision       TEXT NOT NULL,
    applied_at     TEXT NOT NULL
);

CREATE TABLE credit_report_query (
    query_id    INTEGER PRIMARY KEY,
    customer_id TEXT,                -- NULL when the bureau's answer could not be matched
    bureau      TEXT NOT NULL,
    queried_at  TEXT NOT NULL
);

CREATE TABLE loan_invitation (
    invitation_id INTEGER PRIMARY KEY,
    customer_id   TEXT NOT NULL REFERENCES customer,
    limit_band    TEXT NOT NULL,
    sent_at       TEXT NOT NULL
);

-- Wealth -----------------------------------------------------------------------------------------------------------
CREATE TABLE wealth_account (
    account_id  TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    name_masked TEXT NOT NULL,
    risk_grade  TEXT NOT NULL,
    product_id  TEXT NOT NULL,
    units       REAL NOT NULL,
    opened_at   TEXT NOT NULL
);

CREATE TABLE wealth_recommendation (
    recommendation_id INTEGER PRIMARY KEY,
    customer_id       TEXT NOT NULL REFERENCES customer,
    product_id        TEXT NOT NULL,
    made_at           TEXT NOT NULL
);

-- Insurance --------------------------------------------------------------------------------------------------------
CREATE TABLE insurance_policy (
    policy_no    TEXT PRIMARY KEY,
    customer_id  TEXT NOT NULL REFERENCES customer,
    policyholder TEXT NOT NULL,      -- full name, in the clear: moved here from the broker's old system
    email        TEXT NOT NULL,      -- in the clear
    home_address TEXT NOT NULL,      -- in the clear
    product_id   TEXT NOT NULL,
    premium      REAL NOT NULL,
    start_on     TEXT NOT NULL
);

CREATE TABLE insurance_quote (
    quote_id    INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    product_id  TEXT NOT NULL,
    premium     REAL NOT NULL,
    quoted_at   TEXT NOT NULL
);

-- Marketing --------------------------------------------------------------------------------------------------------
CREATE TABLE campaign_lead (
    lead_id      INTEGER PRIMARY KEY,
    customer_id  TEXT NOT NULL REFERENCES customer,
    mobile       TEXT NOT NULL,      -- in the clear
    campaign     TEXT NOT NULL,
    score        REAL NOT NULL,
    collected_at TEXT NOT NULL
);

CREATE TABLE campaign_send (
    send_id     INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    campaign    TEXT NOT NULL,
    channel     TEXT NOT NULL,
    sent_at     TEXT NOT NULL
);

CREATE TABLE audience_profile (
    profile_id  INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customer,
    taste       TEXT NOT NULL,
    built_at    TEXT NOT NULL
);

-- Consent ledger: append only --------------------------------------------------------------------------------------
CREATE TABLE consent_event (
    event_id       INTEGER PRIMARY KEY,
    customer_id    TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    controller     TEXT NOT NULL,
    recipient      TEXT,             -- NULL: the controller itself
    state          TEXT NOT NULL,    -- given, withdrawn
    kind           TEXT NOT NULL,    -- general, separate
    notice_version TEXT,
    event_time     TEXT NOT NULL,    -- when it was true
    recorded_at    TEXT NOT NULL,    -- when the ledger knew
    valid_until    TEXT,
    action_id      TEXT NOT NULL
);

-- No personal data -------------------------------------------------------------------------------------------------
CREATE TABLE product (
    product_id  TEXT PRIMARY KEY,
    title       TEXT NOT NULL,
    line        TEXT NOT NULL,
    annual_rate REAL,
    launched_on TEXT NOT NULL
);

CREATE TABLE feature_switch (
    switch     TEXT PRIMARY KEY,
    enabled    INTEGER NOT NULL,
    changed_at TEXT NOT NULL
);

CREATE VIEW v_active_customer AS
SELECT customer_id, name_masked, mobile_token, city, segment
FROM customer
WHERE status = 'active';

CREATE VIEW v_merchant_turnover AS
SELECT m.merchant_id, m.name AS merchant_name, m.uscc, sum(p.amount) AS turnover, count(*) AS payments
FROM payment AS p
JOIN merchant AS m ON m.merchant_id = p.merchant_id
WHERE p.status = 'paid'
GROUP BY m.merchant_id, m.name, m.uscc;
