SELECT id FROM app.orders;
EXECUTE some_plan; -- LINT-R03
SELECT FROM WHERE ((; -- LINT-R01
SELECT total FROM app.orders;
