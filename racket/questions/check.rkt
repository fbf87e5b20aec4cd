#lang racket/base
;; check: is it valid, is it in the space, and why not; describe: shapes and costs, layer by layer.

(require racket/list racket/string "../networks/ask.rkt" "../networks/explain.rkt"
         "../networks/quantities.rkt" "../networks/search.rkt" "../networks/shape-kinds.rkt"
         "../networks/space.rkt" "../networks/text.rkt"
         "../networks/training.rkt" "lines.rkt" "options.rkt")
(provide check describe refusal other-input other-recipe)

;; #f, or why the architecture is not what the scope asks for
(define (refusal s architecture)
  (define invalid (explain architecture #f))
  (cond
    [invalid (if (scope-space s) (string-append "not valid: " invalid) invalid)]
    [else
     (or (let ([other (or (other-input s architecture) (explain architecture (scope-classes s)))])
           (and other (if (scope-space s) (string-append "valid, but " other) other)))
         (over-budget s architecture)
         (over-memory s architecture)
         (and (scope-space s)
              (case (for-each-answer (frontier-of s architecture) #:seconds patience (λ (a) #f))
                [(stopped) #f]
                [(exhausted) (not-in-space s architecture)]
                [else (format "valid, but not found in space ~a within ~a seconds"
                              (space-name (scope-space s)) patience)])))]))

;; A space of a user's own may go on without end; seconds.
(define patience 60)

;; #f, or that the input is another than the scope's, where it is known.
(define (other-input s architecture)
  (define input (architecture-shape architecture))
  (and (scope-input s)
       (not (and (eq? (shape-kind input) (shape-kind (scope-input s)))
                 (for/and ([wanted (in-list (shape-sizes (scope-input s)))]
                           [n (in-list (shape-sizes input))])
                   (or (hole? n) (= n wanted)))))
       (format "the input: expects ~a, gets ~a; --input asks for another"
               (shape->text (scope-input s)) (shape->text input))))

(define (over-budget s architecture)
  (define costs
    (if (null? (scope-budgets s))
        '()
        (layers-cost (third architecture) (architecture-shape architecture))))
  (for/or ([q (in-list quantities)] [cost (in-list costs)])
    (define budget (assq q (scope-budgets s)))
    (and budget
         (cond [(< cost (second budget))
                (format "valid, but ~a is ~a, at least ~a wanted" q cost (second budget))]
               [(> cost (third budget))
                (format "valid, but ~a is ~a, over the budget of ~a" q cost (third budget))]
               [else #f]))))

;; #f, or that a training takes more memory than there is, in the smallest batches.
(define (over-memory s architecture)
  (need-batch s)
  (define batches
    (append (template-batches (scope-training s)) (filter values (list (scope-batch s)))))
  (define most (scope-memory s))
  (and most
       (let* ([costs (map cons quantities
                          (layers-cost (third architecture) (architecture-shape architecture)))]
              [batch (apply min batches)]
              [bytes (memory-of batch (cdr (assq 'activations costs)) (cdr (assq 'params costs)))])
         (and (> bytes most)
              (format "valid, but a training in batches of ~a takes ~a bytes, over the memory of ~a"
                      batch bytes most)))))

;; #f, or why a recipe (#f: none is given) is none of the scope's. One that may be missing is no more
;; than unknown.
(define (other-recipe s recipe #:may-miss? [may-miss? #f])
  (define template (scope-training s))
  (cond [(not template) #f]
        [recipe (recipe-refusal recipe template)]
        [may-miss? #f]
        [else "expected a training beside it, (network (architecture …) (training …))"]))

;; The first layer with which no network of the space begins.
(define (not-in-space s architecture)
  (define layers (third architecture))
  (define n
    (for/first ([n (in-range 1 (add1 (length layers)))]
                #:unless (begins? s (list 'architecture (second architecture)
                                          (append (take layers n) '_))))
      n))
  (define name (space-name (scope-space s)))
  (if n
      (format "valid, but not in space ~a: layer ~a, ~a, is not one that may stand there" name n
              (car (list-ref layers (sub1 n))))
      (format "valid, but not in space ~a: its networks do not end here" name)))

(define (begins? s template)
  (define found #f)
  (define outcome
    (for-each-answer (template-frontier s template) #:seconds 1 (λ (a) (set! found #t) #f)))
  (or found (eq? outcome 'timeout)))

(define (check options others)
  (define s (scope-of options #f))
  (for-each-architecture others
    (λ (architecture _ recipe)
      (define other (or (other-recipe s recipe)
                        (unfit recipe (shape-kind (architecture-shape architecture)))))
      (define why (or (refusal (if other s (with-recipe-of s recipe)) architecture)
                      (and other (string-append "valid, but " other))))
      (when why (worse! 1))
      (say (if why (string-append "no: " why) "yes")))))

(define (describe options others)
  (define s (scope-of options #f))
  (for-each-architecture others
    (λ (architecture _ recipe)
      (define input (architecture-shape architecture))
      (define-values (rows out) (trace (third architecture) input))
      (define why (explain architecture (scope-classes s)))
      (define (line number text shape costs)
        (define cells
          (for/list ([c (in-list (list* number text shape costs))]
                     [width (in-list (list* 8 34 16 (map (λ (c) 12) costs)))])
            (define t (format "~a" c))
            (string-append t (make-string (max 1 (- width (string-length t))) #\space))))
        (say (string-trim #:left? #f (string-append* cells))))
      (define (by-layer costs)
        (for/list ([q (in-list quantities)] [c (in-list costs)] #:when (memq q quantities-by-layer))
          c))
      (line "layer" "" "output" (map quantity-word quantities-by-layer))
      (line "" "input" (shape->text input) '())
      (for ([r (in-list rows)])
        (line (row-number r) (shorten (format "~a" (row-layer r))) (shape->text (row-out r))
              (by-layer (row-costs r))))
      (cond
        [why (worse! 1) (say (string-append "no: " why))]
        [else
         (define costs (layers-cost (third architecture) input))
         (define others
           (for/list ([q (in-list quantities)] [c (in-list costs)]
                      #:unless (memq q quantities-by-layer))
             (format "~a ~a" c (quantity-word q))))
         (line "total" (string-join others ", ") (shape->text out) (by-layer costs))
         (define over (over-budget s architecture))
         (when over (worse! 1) (say (string-append "no: " over)))]))))
