{{ our_macro('app.customer') }} -- LINT-R03
