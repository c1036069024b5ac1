{{ config(materialized='ephemeral') }}

select *
from {{ ref('stg_payment') }} -- the view
where state = '{{ var("settled_state") }}'
