#lang racket/base
;; Why an architecture is no network: the first layer that does not fit, and the constraint it
;; violates in a person's words. Layer by layer the relation is asked what comes out; where it has no
;; answer it is asked what would have been right.

(require racket/list (only-in racket/match match) racket/string "../kanren/main.rkt"
         "architecture.rkt" "text.rkt")
(provide explain trace (struct-out row))

;; A Row is what the relation says of a layer: (row NUMBER LAYER OUT COSTS), NUMBER a string such as
;; "5" or "5.1.2" (layer 5, branch 1, layer 2), COSTS (PARAMS MACS ACTIVATIONS DEPTH).
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
         (if (memq (car layer) '(residual concat))
             (trace-branches (cdr layer) in number place)
             (values '() '())))
       (define result (and (not (string? outs)) (through layer in)))
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
  (define-values (rows out) (trace (third architecture) (cdr (second architecture))))
  (cond
    [(string? out) out]
    [(not (= 1 (length out)))
     (format "the output: expects one number for each class, gets ~a" (said out))]
    [(and classes (not (= classes (car out))))
     (format "the output: expects ~a classes, gets ~a" classes (car out))]
    [else #f]))

;; The shape that comes out of a layer, and its costs; or #f.
(define (through layer in)
  (define found
    (run 1 (out p m a d)
      (layero layer in out
              `((params 0 0 ,p) (macs 0 0 ,m) (activations 0 0 ,a) (depth 0 0 ,d))
              `((params ,p 0 ,p) (macs ,m 0 ,m) (activations ,a 0 ,a) (depth ,d 0 ,d)))))
  (and (pair? found) (car found)))

(define (fits? layer in) (pair? (run 1 (out) (layero layer in out '() '()))))

(define (reason layer in outs)
  (cond
    [(eq? (car layer) 'residual)
     (format "expects branches of equal shape, gets ~a and ~a"
             (said (first outs)) (said (second outs)))]
    [(eq? (car layer) 'concat)
     (format "expects branches that differ in their channels alone, gets ~a"
             (string-join (map said outs) ", "))]
    [else
     (or (wrong-rank layer in)
         (for/or ([a (in-list (kind-arguments (car layer)))] [i (in-naturals 1)]
                  #:when (and (< i (length layer)) (eq? (argument-role a) 'follows)))
           (wrong-follower layer in a i))
         (known-constraint layer in)
         (for/or ([a (in-list (kind-arguments (car layer)))] [i (in-naturals 1)]
                  #:when (and (< i (length layer)) (memq (argument-role a) '(free out))))
           (wrong-argument layer in a i))
         (format "does not fit an input of ~a" (said in)))]))

;; Does the layer take shapes of another rank only? The relation is asked for one of each.
(define (wrong-rank layer in)
  (define (takes? rank)
    (define arguments (for/list ([x (cdr layer)] [a (kind-arguments (car layer))])
                        (if (eq? (argument-role a) 'follows) #f x)))
    (pair?
     (run 1 #:residual (shape)
       (fresh (a b c out)
         (== shape (take (list a b c) rank))
         (fresh (d e)
           (let ([layer (cons (car layer)
                              (for/list ([x arguments] [unknown (list d e d d d d d)]
                                         [i (in-naturals)])
                                (or x (if (= i 0) d e))))])
             (layero layer shape out '() '())))))))
  (and (not (takes? (length in)))
       (let ([ranks (filter takes? '(3 2 1))])
         (and (pair? ranks)
              (format "expects ~a, gets ~a"
                      (string-join (for/list ([r ranks])
                                     (case r [(3) "an image"] [(2) "a sequence of tokens"]
                                       [else "a vector"]))
                                   " or ")
                      (said in))))))

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
       (format "expects ~a ~a, gets ~a" given (argument-name a) (car right))))

;; Constraints between the arguments of a layer that a nearest value would not tell.
(define (known-constraint layer in)
  (match layer
    [`(,(or 'max-pool2d 'avg-pool2d) ,kernel ,_ ,padding)
     (and (> (* 2 padding) kernel)
          (format "padding ~a is more than half of kernel ~a" padding kernel))]
    [`(conv2d ,channels-in ,channels-out ,_ ,_ ,_ ,_ ,groups)
     (for/first ([channels (list channels-in channels-out)] [name '("input" "output")]
                 #:unless (= 0 (remainder channels groups)))
       (format "~a groups do not divide ~a ~a channels" groups channels name))]
    [`(,(or 'multi-head-attention 'transformer-block) ,width ,heads . ,_)
     (and (not (= 0 (remainder width heads)))
          (format "~a heads do not divide ~a features" heads width))]
    [`(cell . ,_) (format "expects an image whose sides are multiples of 4, gets ~a" (said in))]
    [_ #f]))

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
               (argument-name a) given (said in) near)))

(define (said shape)
  (case (length shape)
    [(1) (format "a vector of ~a" (car shape))]
    [(2) (format "~a tokens of ~a" (car shape) (cadr shape))]
    [else (shape->text shape)]))
