-- The lending affiliate's applications, column by column as they are.
CREATE TABLE dw.ods_loan_application AS
SELECT * FROM app.loan_application;
