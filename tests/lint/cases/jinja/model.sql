{{ config(materialized='table') }}
CREATE TABLE stage.model AS SELECT customer, towm FROM {{ ref('v_city') }}; -- LINT-C02 app.v_city.towm
