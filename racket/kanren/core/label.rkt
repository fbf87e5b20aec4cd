#lang racket/base
;; Labelling: the integers that a variable may still take, as alternatives; and the question whether
;; the variables that no answer shows have a solution at all.

(require "domain.rkt" "family.rkt" "goal.rkt" "sharing.rkt" "state.rkt" "store.rkt" "term.rkt"
         "trie.rkt")
(provide label-choice (struct-out labelling) start-labelling labelling-step
         solvable? alternatives-entered (struct-out exn:fail:endless))

;; More values than this are halved rather than listed.
(define listing-limit 64)

;; How many alternatives labelling has made since the program started, dead ones included.
(define entered 0)
(define (alternatives-entered) entered)

;; -- one choice -----------------------------------------------------------------------------------

;; What a (label ORDER TERMS) goal does next in a state: #f when nothing is left to label, else
;; (cons REST BRANCHES): BRANCHES are constraint goals one of which must hold, REST is the label goal
;; that follows each of them. ORDER is one of
;;   given       in order of appearance
;;   first-fail  few values first, of as many those that lie far apart (see `priority`)
;;   bisect      in order of appearance, by halves
(define (label-choice st goal)
  (define order (label-order goal))
  (define-values (v rest)
    (cond [(eqv? (state-serial st) 0) (values #f #f)]     ; no variable has a domain
          [(eq? order 'first-fail) (most-promising st (label-terms goal))]
          [else (first-open st (label-terms goal))]))
  (and v (branch st v order rest)))

(define (branch st v order rest)
  (define d (variable-domain st v))
  (define size (domain-size d))
  (define listed? (and (<= size listing-limit) (or (not (eq? order 'bisect)) (<= size 2))))
  (define branches
    (cond [listed? (for/list ([n (in-list (domain-values d))]) (== v n))]
          ;; halving a wide domain again and again pays only if there can be a solution
          [(and (> size listing-limit) (infeasible? st)) '()]
          [(< size +inf.0) (halves v d)]
          [else (raise-endless st v d)]))
  (set! entered (+ entered (length branches)))
  (cons (label order (if listed? rest (cons v rest))) branches))

(define (halves v d)
  (define middle (let ([sum (+ (domain-min d) (domain-max d))]) (quotient (- sum (modulo sum 2)) 2)))
  (list (domfd v (domain-clip d -inf.0 middle))
        (domfd v (domain-clip d (add1 middle) +inf.0))))

(define (variable-domain st v)
  (define known (trie-ref (state-store st) (var-id v)))
  (and (attribute? known) (attribute-domain known)))

;; -> the first unbound variable in the terms that has a domain, and the terms after it; #f #f if none
(define (first-open st terms)
  (define visits (make-visits))
  (let loop ([terms terms])
    (cond
      [(null? terms) (values #f #f)]
      [else
       (define t (walk/store (car terms) (state-store st)))
       (cond [(var? t) (if (variable-domain st t) (values t (cdr terms)) (loop (cdr terms)))]
             [(not (or (pair? t) (vector? t))) (loop (cdr terms))]
             [(not (first-visit? visits t)) (loop (cdr terms))]
             [(pair? t) (loop (list* (car t) (cdr t) (cdr terms)))]
             [else (loop (append (vector->list t) (cdr terms)))])])))

;; -> the open variable of the highest priority, and the others; #f #f if there is none
(define (most-promising st terms)
  (define open (filter (λ (v) (variable-domain st v)) (term-variables st terms)))
  (cond [(null? open) (values #f #f)]
        [else
         (define-values (best _)
           (for/fold ([best #f] [least +inf.0]) ([v (in-list open)])
             (define p (priority st v))
             (if (or (not best) (< p least)) (values v p) (values best least))))
         (values best (remq best open))]))

;; Small is first: how many values, divided by the binary logarithm of how far they reach (in
;; sixteenths, as an integer, so that every machine takes the same order). Of two variables with few
;; values, the one with values far apart moves the bounds of a sum more, so a wrong one is found out
;; sooner: channels come before strides. Where the values have no gaps it is their number alone that
;; counts.
(define (priority st v)
  (define d (variable-domain st v))
  (define size (domain-size d))
  (if (< size +inf.0)
      (/ size (integer-length (expt (+ 2 (- (domain-max d) (domain-min d))) 16)))
      size))

;; A variable must be labelled that nothing bounds.
(struct exn:fail:endless exn:fail ())

(define (raise-endless st v d)
  (define shown (term-variables st initial-var))
  (define (name u)
    (for/first ([w (in-list shown)] [i (in-naturals)] #:when (eqv? (var-id w) (var-id u)))
      (string->symbol (format "_.~a" i))))
  (define visits (make-visits))
  (define answer
    (let loop ([t initial-var])
      (let ([t (walk/store t (state-store st))])
        (cond [(var? t) (name t)]
              [(pair? t) (visited visits t (cons (loop (car t)) (loop (cdr t))))]
              [(vector? t) (visited visits t (for/vector ([e (in-vector t)]) (loop e)))]
              [else t]))))
  (raise
   (exn:fail:endless
    (format "labelfd: ~a has no finite domain (it may lie in ~s); give it one with (infd x DOMAIN)"
            (if (name v)
                (format "the variable ~a of the answer ~.s" (name v) answer)
                (format "a variable that the answer ~.s does not show, number ~a,"
                        answer (var-id v)))
            (domain->specification d))
    (current-continuation-marks))))

;; Can the constraints of some family, taken together, not hold?
(define (infeasible? st)
  (define tx (begin-transaction st))
  (for/or ([f (in-list (families))]) ((family-infeasible? f) tx)))

;; -- as a stream ----------------------------------------------------------------------------------

;; A Labelling is a stream (stream.rkt): labelling under way, depth first. OPEN is the stack of what
;; is left to try, each (STATE REST . BRANCHES) with REST and BRANCHES as label-choice gives them. It
;; ends, so depth first misses nothing.
(struct labelling (open) #:prefab)

;; So many alternatives are tried in one step of the search at most.
(define step-limit 64)

(define (start-labelling st goal)
  (define choice (label-choice st goal))
  (if choice (labelling (list (cons st choice))) (cons st #f)))

;; -> a stream: #f, (cons STATE STREAM), or a Labelling
(define (labelling-step s)
  (let loop ([open (labelling-open s)] [fuel step-limit])
    (cond
      [(null? open) #f]
      [(eqv? fuel 0) (labelling open)]
      [else
       (define st (caar open))
       (define rest (cadar open))
       (define branches (cddar open))
       (cond
         [(null? branches) (loop (cdr open) fuel)]
         [else
          (define others
            (if (null? (cdr branches)) (cdr open) (cons (list* st rest (cdr branches)) (cdr open))))
          (define next (post st (car branches)))
          (define choice (and next (label-choice next rest)))
          (cond [(not next) (loop others (sub1 fuel))]
                [choice (loop (cons (cons next choice) others) (sub1 fuel))]
                [else (cons next (and (pair? others) (labelling others)))])])])))

;; -- hidden variables -----------------------------------------------------------------------------

;; A variable without end that no answer shows is first looked for among so many values.
(define window 1000)

;; Have the constraints that are still open a solution in the variables that have a domain? Variables
;; that no constraint connects are looked at apart; within a group depth first, smallest domain first.
(define (solvable? st)
  (or (eqv? (state-serial st) 0)
      (solvable-constraints? st)))

(define (solvable-constraints? st)
  (define variables
    (trie-fold (state-constraints st)
               (λ (serial c found) (append (constraint-variables st c) found))
               '()))
  (or (null? variables) (all-solvable? st variables)))

(define (constraint-variables st c)
  (filter (λ (v) (variable-domain st v))
          (term-variables st ((family-terms (family-of-constraint c)) c))))

(define (all-solvable? st variables)
  (for/and ([group (in-list (groups st variables))]) (group-solvable? st group)))

;; The variables that are connected by open constraints, group by group.
(define (groups st variables)
  (define seen (make-hasheqv))
  (define (reach v group)
    (cond
      [(hash-ref seen (var-id v) #f) group]
      [else
       (hash-set! seen (var-id v) #t)
       (for*/fold ([group (cons v group)])
                  ([serial (in-list (attribute-watches (trie-ref (state-store st) (var-id v))))]
                   [c (in-value (trie-ref (state-constraints st) serial))]
                   #:when c
                   [u (in-list (constraint-variables st c))])
         (reach u group))]))
  (for*/list ([v (in-list variables)]
              #:when (variable-domain st v)
              [group (in-value (reach v '()))]
              #:when (and (pair? group) (pair? (cdr group))))
    group))

(define (group-solvable? st group)
  (define bounded (filter (λ (v) (< (domain-size (variable-domain st v)) +inf.0)) group))
  (define (try goal)
    (define next (post st goal))
    (and next (all-solvable? next group)))
  (cond
    [(pair? bounded)
     (ormap try (cdr (label-choice st (label 'first-fail bounded))))]
    [else
     (define v (car group))
     (define d (variable-domain st v))
     (define lo (domain-min d))
     (define hi (domain-max d))
     (define near
       (cond [(exact-integer? lo) (domain-clip d lo (+ lo window))]
             [(exact-integer? hi) (domain-clip d (- hi window) hi)]
             [else (domain-clip d (- window) window)]))
     (cond [(infeasible? st) #f]
           [(and near (try (domfd v near))) #t]
           [else (raise-endless st v d)])]))
