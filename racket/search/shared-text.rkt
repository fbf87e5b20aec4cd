#lang racket/base
;; The text of a term that is too large as a tree: parts that are the same are written once, with the
;; labels of Racket's reader: #0=(a b) the first time, #0# from then on.

(require "../kanren/core/substitution.rkt" "../kanren/core/term.rkt" "writer.rkt")
(provide print-shared)

;; Parts of fewer pairs than this are written out each time.
(define least-part 8)

;; A Part is one pair of the term: (part CAR CDR SIZE), CAR and CDR being parts, variables or atoms.
;; Two pairs that are the same, however they are shared in memory, are one part; so the text depends
;; on what the term is alone. `uses` counts how often it stands in another, `label` is its number.
(struct part (car cdr size [uses #:mutable] [label #:mutable]) #:authentic)

(define (print-shared t store)
  (define root (term->part t store))
  (count-uses! root)
  (define out (make-writer store))
  (define labels 0)
  (define (write-part at p)
    (cond
      [(not (part? p)) (if (var? p) (put-variable! out at p 1) (put-atom! out at p 1))]
      [(part-label p) (put-label at (part-label p) #"#")]
      [(labelled? p)
       (set-part-label! p labels)
       (set! labels (add1 labels))
       (write-list (put-label at (part-label p) #"=") p)]
      [else (write-list at p)]))
  (define (put-label at n end)
    (put! out (put-number! out (put! out at #"#") n 1) end))
  (define (write-list at p)
    (put! out (write-elements (put! out at #"(") p) #")"))
  (define (write-elements at p)
    (let ([at (write-part at (part-car p))]
          [rest (part-cdr p)])
      (cond [(null? rest) at]
            [(and (part? rest) (not (labelled? rest)))
             (write-elements (put! out at #" ") rest)]
            [else (write-part (put! out at #" . ") rest)])))
  (writer-result out (write-part 0 root)))

(define (labelled? p) (and (> (part-uses p) 1) (>= (part-size p) least-part)))

(define (term->part t store)
  (define known (make-hasheq))         ; pair in memory -> its part
  (define atoms (make-hash))           ; atoms that are equal become eq
  (define parts (make-hasheq))         ; car -> cdr -> part
  (define variables (make-hasheqv))
  (define (convert t)
    (let ([t (walk/store t store)])
      (cond
        [(pair? t)
         (or (hash-ref known t #f)
             (let ([p (intern (convert (car t)) (convert (cdr t)))])
               (hash-set! known t p)
               p))]
        [(var? t) (hash-ref! variables (var-id t) t)]
        [(vector? t) (convert (cons 'vector (vector->list t)))]
        [(symbol? t) t]
        [else (hash-ref! atoms t t)])))
  (define (intern a d)
    (define by-cdr (hash-ref! parts a make-hasheq))
    (or (hash-ref by-cdr d #f)
        (let ([p (part a d (min 1000 (+ 1 (size a) (size d))) 0 #f)])
          (hash-set! by-cdr d p)
          p)))
  (define (size x) (if (part? x) (part-size x) 0))
  (convert t))

(define (count-uses! root)
  (let loop ([p root])
    (when (part? p)
      (set-part-uses! p (add1 (part-uses p)))
      (when (eqv? (part-uses p) 1)
        (loop (part-car p))
        (loop (part-cdr p))))))
