"""Other people's readers and the official evaluation, rewritten from their behaviour as judges of our output.

None of these modules imports anything of simgen. They read a dataset the way the named program does, with its
demands and its blind spots, so that what passes here is read alike out there.
"""
