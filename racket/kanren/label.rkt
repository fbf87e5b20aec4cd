#lang racket/base
;; Labelling: the integers that a variable may still take, as alternatives; and the question whether
;; the variables that no answer shows have a solution at all.

(require racket/list "arithmetic.rkt" "disequality.rkt" "domain.rkt" "goal.rkt" "state.rkt"
         "store.rkt" "term.rkt" "trie.rkt")
(provide label-branches term-variables solvable?)

;; More values than this are halved rather than listed.
(define listing-limit 64)

;; The alternatives of a (label ORDER TERMS) goal in a state: a list of constraint goals, one of which
;; must hold; or #f when nothing is left to label. ORDER is 'given (order of appearance),
;; 'first-fail (fewest values first) or 'bisect (halves, in order of appearance).
(define (label-branches st goal)
  (define-values (v d)
    (if (eqv? (state-serial st) 0) (values #f #f) (label-variable st goal)))
  (cond
    [(not v) #f]
    [(or (eq? (label-order goal) 'bisect) (> (domain-size d) listing-limit)) (halves v d)]
    [else (for/list ([n (in-list (domain-values d))]) (== v n))]))

;; The variable to label next and its domain, or #f #f.
(define (label-variable st goal)
  (define open
    (for*/list ([v (in-list (term-variables st (label-terms goal)))]
                [d (in-value (variable-domain st v))]
                #:when d)
      (cons v d)))
  (cond
    [(null? open) (values #f #f)]
    [else
     (define chosen
       (if (eq? (label-order goal) 'first-fail)
           (argmin (λ (p) (domain-size (cdr p))) open)
           (car open)))
     (check-bounded (car chosen) (cdr chosen))
     (values (car chosen) (cdr chosen))]))

(define (check-bounded v d)
  (unless (< (domain-size d) +inf.0)
    (error 'labelfd
           "the variable ~a has no finite domain (it may lie in ~s); give it one with (infd x DOMAIN)"
           (format "_.~a" (var-id v)) (domain->specification d))))

(define (halves v d)
  (define middle
    (let ([lo (domain-min d)] [hi (domain-max d)]) (floor (/ (+ lo hi) 2))))
  (for/list ([half (in-list (list (interval-domain -inf.0 middle)
                                  (interval-domain (add1 middle) +inf.0)))])
    (domfd v (domain->specification (domain-meet d half)))))

(define (variable-domain st v)
  (define known (trie-ref (state-store st) (var-id v)))
  (and (attribute? known) (attribute-domain known)))

;; The unbound variables of a term in order of appearance.
(define (term-variables st t)
  (define seen (make-hasheqv))
  (define found '())
  (let loop ([t t])
    (let ([t (walk/store t (state-store st))])
      (cond [(var? t) (unless (hash-ref seen (var-id t) #f)
                        (hash-set! seen (var-id t) #t)
                        (set! found (cons t found)))]
            [(pair? t) (loop (car t)) (loop (cdr t))]
            [(vector? t) (for ([e (in-vector t)]) (loop e))])))
  (reverse found))

;; Have the constraints that are still open a solution in the variables that have a domain? Depth
;; first, smallest domain first; true as soon as one is found.
(define (solvable? st)
  (or (eqv? (state-serial st) 0)
      (solvable-constraints? st)))

(define (solvable-constraints? st)
  (define variables
    (trie-fold (state-constraints st)
               (λ (serial c found)
                 (append (term-variables st (if (disequality? c)
                                                (disequality-pairs c)
                                                (arithmetic-terms c)))
                         found))
               '()))
  (define open (filter (λ (v) (variable-domain st v)) variables))
  (cond
    [(null? open) #t]
    [else
     (define branches
       (label-branches st (label 'first-fail (let ([bounded (filter (bounded? st) open)])
                                               (if (null? bounded) open bounded)))))
     (for/or ([goal (in-list branches)])
       (define next (post st goal))
       (and next (solvable-constraints? next)))]))

(define ((bounded? st) v) (< (domain-size (variable-domain st v)) +inf.0))
