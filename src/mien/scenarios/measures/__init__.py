"""What is measured in a recording: of one person, from the answers, curves, words and voices of its timeline."""
