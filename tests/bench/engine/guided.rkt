#lang racket/base
(provide workloads)
(define workloads (list))
