# Reads what `python -m analysis export cards RUN` wrote into an analysis-results data set of the R
# package {cards}: list columns, its names, and keys that are unique. Needs base R only; where
# {cards} is installed the result is one of its own objects, checked by it.
#
#     Rscript docs/read_cards.R reports/ghd-efficacy/cards.csv
#
# or, from a script of your own:
#
#     source("docs/read_cards.R")
#     ard <- read_cards("reports/ghd-efficacy/cards.csv")

read_cards <- function(file) {
  flat <- read.csv(file, colClasses = "character", na.strings = "", encoding = "UTF-8")
  number <- flat$stat_type == "number"
  shown <- flat$stat_fmt

  stat <- as.list(flat$stat)
  stat[number] <- as.list(as.numeric(flat$stat[number]))
  flat$stat <- stat
  # A formatter returns what the page shows, by the rules of docs/results.md.
  flat$fmt_fun <- lapply(shown, function(text) { force(text); function(x) text })
  flat$warning <- rep(list(NULL), nrow(flat))
  flat$error <- rep(list(NULL), nrow(flat))

  for (column in grep("_level$", names(flat), value = TRUE)) {
    flat[[column]] <- lapply(flat[[column]], function(level) if (is.na(level)) NULL else level)
  }
  flat$stat_type <- NULL
  if (requireNamespace("cards", quietly = TRUE)) cards::as_card(flat) else flat
}

keys_of <- function(ard) {
  columns <- c(grep("^group[0-9]+(_level)?$", names(ard), value = TRUE),
               "variable", "variable_level", "stat_name")
  written <- lapply(ard[columns], function(column) {
    vapply(column, function(value) if (is.null(value)) "" else as.character(value), "")
  })
  do.call(paste, c(written, sep = "\r"))
}

files <- commandArgs(trailingOnly = TRUE)
if (!interactive() && length(files)) {
  for (file in files) {
    ard <- read_cards(file)
    repeated <- sum(duplicated(keys_of(ard)))
    cat(sprintf("%s: %d statistics, %d numbers, %d repeated keys\n", file, nrow(ard),
                sum(vapply(ard$stat, is.numeric, NA)), repeated))
    if (repeated) quit(status = 1)
  }
}
