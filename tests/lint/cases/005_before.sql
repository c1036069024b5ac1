-- A file that is read before the one that defines what it selects.
CREATE TABLE stage.everything AS SELECT * FROM app.v_city;
