"""The agents' web pages. Show rows and hand what agents do to the desk; never change a ticket themselves."""
