"""What the manual of an invented machining centre is made of: assemblies, and sentences that serve all of them."""

from __future__ import annotations

# name, parts, limits (quantity, unit, lowest, highest of the draw)
ASSEMBLIES: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str, int, int], ...]], ...] = (
    ("Machine bed", ("levelling feet", "cast ribs", "drip tray", "lifting eyes"),
     (("Deviation from level over the whole length", "µm", 12, 30), ("Load on one levelling foot", "kN", 18, 34), ("Temperature of the hall", "°C", 32, 40))),
    ("Column", ("guide rails", "cross beam", "cover plates", "counterweight"),
     (("Tilt of the column", "µm/m", 8, 20), ("Pretension of the anchor bolts", "kN", 60, 95), ("Play of the cover plates", "mm", 2, 5))),
    ("X axis", ("ball screw", "motor", "carriage", "limit switches"),
     (("Rapid traverse", "m/min", 30, 52), ("Backlash of the ball screw", "µm", 6, 15), ("Temperature of the motor", "°C", 74, 95))),
    ("Y axis", ("ball screw", "brake", "carriage", "reference mark"),
     (("Rapid traverse", "m/min", 28, 48), ("Sink distance after an emergency stop", "mm", 1, 4), ("Temperature of the motor", "°C", 74, 95))),
    ("Z axis", ("quill", "linear scale", "motor", "bellows"),
     (("Rapid traverse", "m/min", 26, 44), ("Runout of the quill", "µm", 4, 9), ("Temperature of the linear scale", "°C", 36, 46))),
    ("Swivel table", ("worm gear", "clamping ring", "encoder", "sealing lip"),
     (("Clamping pressure", "bar", 48, 70), ("Table load", "kg", 450, 800), ("Play of the worm gear", "arcsec", 6, 14))),
    ("Pallet changer", ("forks", "lift cylinder", "rest pads", "light barrier"),
     (("Weight of a loaded pallet", "kg", 500, 900), ("Time of a change", "s", 9, 16), ("Difference of the two forks in height", "mm", 1, 3))),
    ("Tool magazine", ("chain", "tool pots", "index pin", "door"),
     (("Weight of a tool", "kg", 6, 12), ("Length of a tool", "mm", 280, 420), ("Slack of the chain", "mm", 8, 18))),
    ("Main spindle", ("front bearing", "rear bearing", "drawbar", "rotary feed-through"),
     (("Speed", "1/min", 12000, 18000), ("Temperature of the front bearing", "°C", 70, 78), ("Temperature of the rear bearing", "°C", 58, 66), ("Vibration at the front bearing", "mm/s", 2, 4))),
    ("Tool clamping", ("disc springs", "collet", "release piston", "position sensor"),
     (("Pull-in force", "kN", 16, 26), ("Release pressure", "bar", 80, 110), ("Wear of the collet", "µm", 20, 45))),
    ("Spindle cooling", ("chiller", "flow meter", "filter", "return hose"),
     (("Temperature of the supply", "°C", 24, 30), ("Fall of the flow against the set value", "%", 10, 20), ("Pressure in the circuit", "bar", 4, 7))),
    ("Hydraulic unit", ("pump", "accumulator", "oil cooler", "return filter"),
     (("Temperature of the oil", "°C", 52, 62), ("Working pressure", "bar", 120, 160), ("Age of the oil", "h", 3000, 5000))),
    ("Compressed air", ("dryer", "main valve", "oil mist unit", "distributor"),
     (("Pressure at the inlet", "bar", 6, 9), ("Dew point", "°C", 3, 7), ("Consumption", "l/min", 300, 520))),
    ("Coolant system", ("tank", "high-pressure pump", "paper band filter", "nozzles"),
     (("Pressure through the spindle", "bar", 40, 80), ("Concentration of the emulsion", "%", 7, 11), ("Temperature of the tank", "°C", 28, 36))),
    ("Chip conveyor", ("hinged belt", "scraper", "torque limiter", "discharge chute"),
     (("Height of chips on the belt", "mm", 60, 110), ("Current of the motor", "A", 3, 7), ("Slack of the belt", "mm", 15, 30))),
    ("Central lubrication", ("grease pump", "metering valves", "pressure switch", "grease lines"),
     (("Pressure of a stroke", "bar", 22, 38), ("Pause between two strokes", "min", 20, 45), ("Time to full pressure", "s", 12, 30))),
    ("Mist extraction", ("fan", "pre-filter", "fine filter", "drain"),
     (("Pressure drop over the fine filter", "Pa", 400, 900), ("Temperature of the exhaust air", "°C", 38, 50), ("Noise at one metre", "dB(A)", 66, 74))),
    ("Electrical cabinet", ("main switch", "drives", "cabinet cooler", "terminal rows"),
     (("Temperature inside", "°C", 36, 44), ("Humidity inside", "%", 60, 75), ("Voltage deviation of the mains", "%", 6, 10))),
    ("Numerical control", ("panel", "memory card", "handwheel", "network port"),
     (("Share of the memory in use", "%", 80, 92), ("Age of the buffer battery", "months", 24, 48), ("Blocks read ahead", "blocks", 200, 800))),
    ("Measuring probe", ("stylus", "receiver", "battery", "shank"),
     (("Force on the stylus", "N", 1, 3), ("Scatter of ten touches", "µm", 2, 5), ("Distance to the receiver", "m", 4, 8))),
    ("Tool breakage control", ("laser", "air curtain", "shutter", "receiver"),
     (("Speed while measuring", "1/min", 3000, 5000), ("Pressure of the air curtain", "bar", 2, 4), ("Dirt level of the lens", "%", 15, 30))),
    ("Safety doors", ("lock", "window", "guide rollers", "release handle"),
     (("Closing force", "N", 90, 150), ("Run-on time until the lock opens", "s", 8, 20), ("Age of the window", "years", 6, 10))),
    ("Loading robot", ("gripper", "wrist", "cable pack", "teach panel"),
     (("Weight of the part", "kg", 15, 45), ("Speed in setting mode", "mm/s", 150, 250), ("Wear of the gripper pads", "mm", 1, 3))),
    ("Working light and camera", ("lamp strips", "camera", "wiper", "power supply"),
     (("Temperature of the lamp strip", "°C", 50, 65), ("Age of the wiper blade", "months", 6, 18), ("Picture rate", "1/s", 15, 30))),
)  # fmt: skip

PURPOSE = (
    "The {name} carries {a} and {b} and passes their forces into the frame without play.",
    "On this machine the {name} is built as one unit with {a}, {b} and {c}, so that it can be changed in one shift.",
    "Its most sensitive part is the {a}; the {b} only protects it and is replaced when worn.",
    "The {c} can be reached from the rear once the cover with the yellow edge has been taken off.",
    "All parts of the {name} bear a plate with number and year; state both when you order the {d}.",
    "The maker sets the {a} with a gauge that does not belong to the machine, so leave its screws sealed.",
    "Between {b} and {c} lies a shim whose thickness is stamped on the plate of the {name}.",
    "Older drawings show the {d} on the left side; since the second edition it sits on the right.",
)

OPERATION = (
    "Before each shift look at the {a} and listen to the {name} during one slow movement over the whole way.",
    "A short warning tone means that the control has lowered the speed because the {b} is close to a limit.",
    "If the lamp of the {name} stays yellow, go on with the part in hand, then stop and read the message.",
    "Do not clean the {c} with compressed air, since chips would be blown under the {d}.",
    "After a stop of more than two days run the {name} for ten minutes without load so that the {a} is wetted again.",
    "Values are shown on page {page} of the panel; a long press on the value opens its course over the last hour.",
    "The limits of section {n}.2 hold for warm and cold machines alike unless a supplement says otherwise.",
    "Whoever changes a limit in the control must enter it in the machine book with date and name.",
)

STEPS = (
    "Switch the machine to setting mode and take the key of the door with you.",
    "Open the cover of the {name} and check that the {a} is dry and free of chips.",
    "Turn the {b} by hand through one full way; it must not stick.",
    "Tighten the screws of the {c} crosswise, first to half, then to full torque.",
    "Connect the gauge to the measuring point beside the {d} and set it to zero.",
    "Start the test program {program} and wait until the panel asks for the next step.",
    "Compare the shown values with section {n}.2 and write them into the machine book.",
    "Close the cover, leave setting mode and let the {name} run for five minutes.",
)

TASKS = (
    ("Wipe the {a}", ("daily", "every 40 hours")),
    ("Check the {b} for cracks", ("every 500 hours", "every 1000 hours")),
    ("Grease the {c}", ("every 40 hours", "every 200 hours")),
    ("Renew the seal of the {d}", ("every 2000 hours", "yearly")),
    ("Measure the wear of the {a}", ("every 500 hours", "every 1000 hours")),
    ("Tighten the {b}", ("every 200 hours", "every 500 hours")),
    ("Clean the filter at the {c}", ("every 40 hours", "every 200 hours")),
    ("Have the {d} checked by the maker", ("yearly", "every two years")),
    ("Compare limits with the panel", ("daily", "every 40 hours")),
)

FAULTS = (
    ("{name} does not start", "The {a} is not in its end position", "Move the {a} by hand, acknowledge, start again"),
    ("Message {code}", "Signal of the {b} is missing", "Check the plug at the {b}, replace the cable if bent"),
    ("Knocking noise", "The {c} is loose or worn", "Stop at once, tighten the {c}, measure it"),
    (
        "Value drifts over the shift",
        "The {d} gets too warm",
        "Clean the {d}, lower the load, call the service if it returns",
    ),
    ("Oil under the {name}", "Seal of the {a} leaks", "Renew the seal, refill, check after one hour"),
    (
        "Limit reached too early",
        "Wrong unit set in the control",
        "Reset the unit on page {page}, compare with section {n}.2",
    ),
)
