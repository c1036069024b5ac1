select
    id as customer_id,
    full_name,
    lower(email) as email,
    mobile,
    country,
    updated_at
from {{ source('app', 'customer') }}
