# A thin face: every recipe is one cargo command. `just` lists them.

_list:
    @just --list --unsorted

# One whole callback with a built-in caller, agent and customer, told as it happens.
demo *args:
    cargo demo {{args}}

# Everything that must be true before a change is merged.
verify:
    cargo verify

# The rules of the house.
tidy:
    cargo xtask tidy

# Take what the tests record as what is expected, then look at the diff.
bless crate="":
    cargo xtask bless {{crate}}

# The SIPp scenarios whose names contain NAME.
scenario name="":
    cargo xtask scenario {{name}}

# What calls cost: `just bench` lists the benchmarks, each prints its figures.
bench *args:
    cargo xtask bench {{args}}

# Live the day of a seed again, for instance `just seed 0x1f`.
seed seed:
    cargo run --quiet --package rappel -- simulate --seed {{seed}}

# Live day after day for so many seconds, and print simulated hours per second.
soak seconds="60" from="1":
    cargo run --quiet --release --package rappel -- simulate --soak {{seconds}} --seed {{from}}
