-- Whom to send messages to: within what the leads agreed to.
CREATE TABLE dw.mart_push_audience AS
SELECT l.customer_id, tokenise(l.mobile) AS mobile_token, l.campaign, l.collected_at
FROM dw.ods_campaign_lead AS l
WHERE l.score >= 0.5;

-- Whom messages went to, kept because the rules on commercial messages demand it.
CREATE TABLE dw.mart_message_record AS
SELECT l.customer_id, tokenise(l.mobile) AS mobile_token, s.campaign, s.sent_at
FROM app.campaign_send AS s
JOIN dw.ods_campaign_lead AS l ON l.customer_id = s.customer_id;

-- How campaigns did: people are counted, not listed.
CREATE TABLE dw.mart_campaign_statistics AS
SELECT l.campaign, count(DISTINCT l.mobile) AS people, avg(l.score) AS mean_score
FROM dw.ods_campaign_lead AS l
GROUP BY l.campaign;

-- The file for the advertising partner: the leads agreed to our messages, not to this.
CREATE TABLE dw.mart_partner_export AS
SELECT l.mobile, l.campaign, 'bright-media' AS partner
FROM dw.ods_campaign_lead AS l
WHERE l.score >= 0.8
UNION
SELECT l.mobile, l.campaign, 'north-star' AS partner
FROM dw.ods_campaign_lead AS l
WHERE l.campaign = '出行季';

-- Features of the lead model; nobody has said what for.
CREATE TABLE dw.ml_lead_feature AS
SELECT sha256(mobile) AS person_key, score, campaign
FROM dw.ods_campaign_lead;
