"""A stand-in for the six platforms, written from their documentation and from nothing of ours.

A package a platform (``wording`` its refusals, ``posts``, ``media`` or ``uploads``, ``reading`` or
``nodes``, ``account``), with what Threads, Instagram and Facebook share in ``meta``. Around them:
``server`` serves, admits and lets faults strike; ``routes`` says how a platform is described;
``ledger`` is the judge of what was accepted; ``work`` is what is still being made; ``accounts``,
``limits``, ``figures`` and ``clock`` are what tests set; ``pull`` fetches and ``media`` reads what
a platform is told to publish; ``samples`` makes files to publish; ``page`` shows it all.

``python -m sandbox --help`` lists the control routes, the traits of accounts and the faults:

- in place of an answer: ``throttle quota error forbid reject duplicate expire_token revoke_token
  respond drop_before stall_before``;
- after the platform has accepted: ``error_after respond_after drop_after stall delay``;
- on what is made: ``fail_processing slow_processing alter_text shorten_link remove_after
  delay_listing``.

Each is chosen by platform, account, step, method, path and text, passes ``skip`` calls and then
strikes ``times`` calls.
"""
