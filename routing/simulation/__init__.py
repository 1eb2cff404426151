"""The simulator: discrete events through the same matching engine that routes real work.

A `Scenario` (queues, crew with shifts, arrivals, handle times, patience, wrap-up) is run with a seed; the same seed gives
the same day. Files in the order of use:

chance       distributions to draw from, each with its mean
survival     Kaplan–Meier: what customers would have borne, from waits cut short by an answer
arrivals     recorded, Poisson, or with a rate that changes through the day
scenario     what is simulated
day          one run: the event loop
tally        what happened, interaction by interaction
report       service level, waits, abandonment, occupancy, fairness; replications with confidence intervals
compare      two configurations on the same customers
what_if      the same day with other agents, volume, handle times or rules
study        a configuration on several days, with progress and a way to stop; two side by side
setting      a scenario with its names, and changes to it as JSON
check        agreement with Erlang C and A
call_log     reading a recorded call-centre log
duty         who was there when, from the log
traffic      handle times, patience, wrap-up and pace learned from the log
cells        waits by day, hour and run, for comparing and resampling
replay       fitted on some days of the log, judged on others
"""
