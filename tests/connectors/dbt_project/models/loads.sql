{{ config(materialized='table', alias='load_log') }}
select cast(null as timestamp) as loaded_to where false
