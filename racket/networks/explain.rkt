#lang racket/base
;; Why an architecture is no network: the first layer that does not fit, and the constraint it
;; violates in a person's words. Layer by layer the relation is asked what comes out; where it has no
;; answer it is asked what would have been right.

(require racket/list racket/string "../kanren/main.rkt" "architecture.rkt" "budget.rkt" "kinds.rkt"
         "shape-kinds.rkt" "text.rkt")
(provide explain outputs-of trace (struct-out row))

;; A Row is what the relation says of a layer: (row NUMBER LAYER OUT COSTS), NUMBER a string such as
;; "5" or "5.1.2" (layer 5, branch 1, layer 2), COSTS in the order of `quantities`.
(struct row (number layer out costs))

;; -> the rows of layers that fit, in the order of the text; and the shape that comes out, or a string
;; that says why a layer does not fit
(define (trace layers in [prefix ""] [words ""])
  (let loop ([layers layers] [in in] [i 1] [rows '()])
    (cond
      [(null? layers) (values (reverse rows) in)]
      [else
       (define layer (car layers))
       (define number (format "~a~a" prefix i))
       (define place (format "~alayer ~a, ~a" words i (car layer)))
       (define-values (inner outs)
         (if (join-of layer)
             (trace-branches (cdr layer) in number place)
             (values '() '())))
       (define result (and (not (string? outs))
                           (not (wrong-kind layer (if (join-of layer) outs (list in))))
                           (through layer in)))
       (cond
         [(string? outs) (values (append (reverse rows) inner) outs)]
         [result
          (loop (cdr layers) (car result) (add1 i)
                (append (reverse inner) (list* (row number layer (car result) (cdr result)) rows)))]
         [else (values (append (reverse rows) inner)
                       (format "~a: ~a" place (reason layer in outs)))])])))

(define (trace-branches branches in number place)
  (for/fold ([rows '()] [outs '()])
            ([branch (in-list branches)] [b (in-naturals 1)] #:break (string? outs))
    (define-values (inner out)
      (trace branch in (format "~a.~a." number b) (format "~a, branch ~a, " place b)))
    (values (append rows inner) (if (string? out) out (append outs (list out))))))

;; #f, or the reason why an architecture is not valid; with `classes`, its output must be so many.
(define (explain architecture classes)
  (define in (architecture-shape architecture))
  (define-values (rows out) (trace (third architecture) in))
  (define outputs (and (not (string? out)) (outputs-of in out)))
  (cond
    [(string? out) out]
    [(not outputs)
     (format "the output: expects one number for each class, gets ~a" (shape->words out))]
    [(and classes (not (= classes outputs)))
     (format "the output: expects ~a classes, gets ~a" classes outputs)]
    [else #f]))

;; How many numbers a network gives: those of a vector, or, of tokens, those of each token; #f where
;; what comes out is no output.
(define (outputs-of in out)
  (case (shape-kind out)
    [(features) (car out)]
    [(sequence) (and (eq? 'tokens (shape-kind in)) (cadr out))]
    [else #f]))

;; The shape that comes out of a layer, and its costs; or #f.
(define (through layer in)
  (define found
    (run 1 (out costs)
      (with-costs costs (λ (account after) (layero layer in out account after)))))
  (and (pair? found) (apply cons (car found))))

(define (fits? layer in) (pair? (run 1 (out) (layero layer in out '() '()))))

(define (reason layer in outs)
  (define j (join-of layer))
  (define (explained wrong roles)
    (for/or ([a (in-list (kind-arguments (kind-of layer)))] [i (in-range 1 (length layer))]
             #:when (eq? 'integer (argument-kind a)) #:when (memq (argument-role a) roles))
      (wrong layer in a i)))
  (if j
      (or (wrong-kind layer outs)
          (format "expects ~a, gets ~a" (join-expects j)
                  (string-join (map shape->words outs) " and ")))
      (or (wrong-kind layer (list in))
          (explained wrong-follower '(follows))
          (known-constraint layer in)
          (explained wrong-argument '(free out))
          (format "does not fit an input of ~a" (shape->words in)))))

;; Does the layer take other kinds of shapes than one of these, which come in or from its branches?
(define (wrong-kind layer shapes)
  (define takes (kind-takes (kind-of layer)))
  (for/first ([shape (in-list shapes)] #:unless (takes? layer (shape-kind shape)))
    (format "expects ~a, gets ~a"
            (if (and (memq (shape-kind shape) '(tokens table)) (memq 'image takes)
                     (memq 'features takes))
                "numbers, which an embedding makes"
                (string-join (for/list ([kind (in-list takes)])
                               (case kind
                                 [(image) "an image"]
                                 [(sequence) "a sequence of tokens"]
                                 [(features) "a vector"]
                                 [(series) "a series"]
                                 [(tokens) "numbers of tokens"]
                                 [else "a row of a table"]))
                             " or "))
            (shape->words shape))))

;; What an argument that follows from the shape should be, whatever the others are, where it is not.
(define (wrong-follower layer in a i)
  (define given (list-ref layer i))
  (define right
    (run 1 (v)
      (fresh (b c d e f g out)
        (let ([unknown (take (list b c d e f g) (- (length layer) 2))])
          (layero (cons (car layer) (append (take unknown (sub1 i)) (list v) (drop unknown (sub1 i))))
                  in out '() '())))))
  (and (pair? right) (not (equal? (car right) given))
       (format "expects ~a ~a, gets ~a" given (argument-says a) (car right))))

;; Constraints that a nearest value would not tell: between the arguments of a layer, and on the sides
;; of the image.
(define (known-constraint layer in)
  (define k (kind-of layer))
  (define (says name)
    (for/first ([a (in-list (kind-arguments k))] #:when (equal? name (argument-name a)))
      (argument-says a)))
  (or (for/or ([a (in-list (kind-arguments k))] [given (in-list (cdr layer))])
        (define whole (argument-half-of a))
        (or (for/or ([name (in-list (argument-divides a))])
              (define divided (argument-of layer name))
              (and (not (= 0 (remainder divided given)))
                   (format "~a ~a do not divide ~a ~a" given (argument-says a) divided (says name))))
            (and whole
                 (> (* 2 given) (argument-of layer whole))
                 (format "~a ~a is more than half of ~a ~a" (argument-says a) given (says whole)
                         (argument-of layer whole)))))
      (and (kind-sides k)
           (format "expects an image whose sides are multiples of ~a, gets ~a" (kind-sides k)
                   (shape->words in)))))

;; Would another value of one argument fit?
(define (wrong-argument layer in a i)
  (define given (list-ref layer i))
  (define (with v) (append (take layer i) (list v) (drop layer (add1 i))))
  (define near
    (for/first ([distance (in-range 1 200)]
                #:when #t
                [v (in-list (list (- given distance) (+ given distance)))]
                #:when (and (>= v (argument-least a)) (fits? (with v) in)))
      v))
  (and near
       (format "~a ~a does not fit an input of ~a; the nearest that does is ~a"
               (argument-says a) given (shape->words in) near)))
